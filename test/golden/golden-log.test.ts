/** The same log gives the same results: today and next year, on this version of Node and on others. */
import { describe, expect, it } from 'vitest';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { differences } from './differences.ts';
import { rebuildGoldenLog, recordedResult } from './rebuild.ts';
import { nodeOf, rebuiltUnder, RUNTIME_MAJORS, THIS_MAJOR } from './runtimes.ts';

const REBUILD_MS = 600_000;
const recorded = recordedResult();

describe('the golden log', () => {
  it('holds every type of entry, and records of every kind', () => {
    expect(Object.keys(recorded.entries).sort()).toEqual(
      ['batch', 'command', 'file', 'publication', 'registry', 'slice'].sort(),
    );
    const kinds = ['rated', 'absorbed', 'duplicate', 'superseded', 'filtered', 'rejected', 'suspended', 'writtenOff'];
    expect(kinds.filter((kind) => !(recorded.records[kind]! > 0))).toEqual([]);
  });

  it(
    `gives the recorded results on this Node (${process.version})`,
    async () => {
      expect(differences(recorded, await rebuildGoldenLog()).join('\n')).toBe('');
    },
    REBUILD_MS,
  );

  it(
    'gives the recorded results with four rating threads',
    async () => {
      expect(differences(recorded, await rebuildGoldenLog(4)).join('\n')).toBe('');
    },
    REBUILD_MS,
  );

  for (const major of RUNTIME_MAJORS.filter((one) => one !== THIS_MAJOR)) {
    it(
      `gives the recorded results on Node ${major}`,
      (context) => {
        const node = nodeOf(major);
        if ('missing' in node) {
          process.stderr.write(`NOT TRIED: ${node.missing}\n`);
          context.skip(node.missing);
          return;
        }
        expect(differences(recorded, rebuiltUnder(node.path)).join('\n')).toBe('');
      },
      REBUILD_MS,
    );
  }

  it('is told apart when a result changes: on purpose, or not', () => {
    const [name] = Object.keys(recorded.tables);
    const other = { ...recorded, tables: { ...recorded.tables, [name!]: { rows: 1, sha256: 'other' } } };
    expect(differences(recorded, other).join('\n')).toMatch(/rows of charges: recorded .* raise SEMANTICS_NO/s);
    expect(differences(recorded, { ...other, semanticsNo: SEMANTICS_NO + 1 }).join('\n')).toMatch(/--record/);
    expect(differences(recorded, recorded)).toEqual([]);
  });
});
