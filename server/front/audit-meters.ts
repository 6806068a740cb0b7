/** Usage of meters against their readings: the ledger's steps, with the facts of meters as they are registered. */
import { meterSteps, type LedgerClient } from '../../ledger/index.ts';
import type { MeterFacts } from '../../registry/index.ts';
import { MeterIdentity, type FactsOf, type MeterReport } from '../../reports/index.ts';
import type { AuditCheck } from '../../schemas/api/audit.ts';

export type MetersSource = () => Promise<MeterFacts[]>;

const PLAIN = { multiplier: 1, digits: 0 };

export async function auditMeters(
  ledger: LedgerClient,
  facts: MetersSource,
): Promise<{ report: MeterReport; checks: AuditCheck[] }> {
  const { changing, factsOf } = factsByTime(await facts());
  const identity = new MeterIdentity(factsOf);
  for await (const rows of meterSteps(ledger, changing)) for (const row of rows) identity.add(row);
  const report = identity.report();
  return { report, checks: report.lines.length === 0 ? [] : [metersCheck(report)] };
}

function metersCheck({ lines, examples }: MeterReport): AuditCheck {
  const open = lines.filter(({ difference }) => difference !== '0');
  const detail = examples
    .map(({ meter, register, view, expected, usage }) => {
      const what = view === '' ? 'no usage' : `${view} ${usage}`;
      return `meter ${meter} register ${register}: readings give ${expected}, ${what}`;
    })
    .join('; ');
  return {
    name: 'usage of meters as they showed it',
    closes: open.length === 0,
    difference: String(open.length),
    detail,
  };
}

/** `changing`: meters whose multiplier or digits differ over time; of all others the time does not matter. */
export function factsByTime(facts: readonly MeterFacts[]): { changing: string[]; factsOf: FactsOf } {
  const byMeter = new Map<string, MeterFacts[]>();
  for (const one of facts) {
    const list = byMeter.get(one.meter);
    if (list === undefined) byMeter.set(one.meter, [one]);
    else list.push(one);
  }
  const changing = [...byMeter].flatMap(([meter, [first, ...others]]) =>
    others.every(({ multiplier, digits }) => multiplier === first.multiplier && digits === first.digits) ? [] : [meter],
  );
  const changes = new Set(changing);
  const factsOf: FactsOf = (meter, atMs) => {
    const list = byMeter.get(meter);
    if (list === undefined) return PLAIN;
    if (!changes.has(meter)) return list[0];
    const holds = ({ fromMs, toMs }: MeterFacts): boolean =>
      (fromMs === null || fromMs <= atMs) && (toMs === null || atMs < toMs);
    return list.find(holds) ?? PLAIN;
  };
  return { changing, factsOf };
}
