/** What of a result is not as recorded, and what to do about it. */
import type { GoldenResult } from './rebuild.ts';

export function differences(recorded: GoldenResult, found: GoldenResult): string[] {
  const wrong: string[] = [];
  const compare = (what: string, before: unknown, now: unknown): void => {
    const [was, is] = [before, now].map((value) => JSON.stringify(value));
    if (was !== is) wrong.push(`${what}: recorded ${was}, now ${is}`);
  };
  compare('entries of the log', recorded.entries, found.entries);
  compare('records', recorded.records, found.records);
  compare('canonical export', recorded.canonicalExport, found.canonicalExport);
  for (const name of new Set([...Object.keys(recorded.tables), ...Object.keys(found.tables)]))
    compare(`rows of ${name}`, recorded.tables[name], found.tables[name]);
  if (recorded.semanticsNo !== found.semanticsNo) {
    wrong.push(
      `SEMANTICS_NO is ${found.semanticsNo} and the results are recorded for ${recorded.semanticsNo}: ` +
        'look at what changed, then `npm run golden -- --record`.',
    );
  } else if (wrong.length > 0) {
    wrong.push(
      'The same log gives other results than before. If nobody meant that, it is a bug. If it is meant, raise SEMANTICS_NO ' +
        'in schemas/log-entries.ts, so that ledgers are computed again, and `npm run golden -- --record`.',
    );
  }
  return wrong;
}
