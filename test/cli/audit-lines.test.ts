import { describe, it, expect } from 'vitest';
import { auditLines } from '../../cli/audit-lines.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';

const row = {
  ...{
    received: 1200,
    rated: 1150,
    absorbed: 20,
    duplicate: 10,
    superseded: 0,
    filtered: 0,
    rejected: 0,
    suspended: 20,
  },
  ...{ writtenOff: 0, inFlight: 0, difference: 0 },
};
const report: AuditReport = {
  closes: true,
  by: 'file',
  asOfEntry: 42,
  records: [{ source: 'exchange', file: { entry: 7, name: 'day.txt' }, hour: null, ...row }],
  total: row,
  meters: [
    {
      ...{ kind: 'register', view: 'retail', chains: 2, steps: 5, expected: '12500', usage: '12500', tolerance: '0' },
      difference: '0',
    },
  ],
  checks: [{ name: 'rated records with charges', closes: true, difference: '0', detail: '' }],
  units: [
    {
      view: 'retail',
      service: 'voice',
      kind: 'record',
      computed: '90000',
      ledger: '90000',
      aggregates: '90000',
      difference: '0',
    },
  ],
  money: [{ view: 'retail', currency: 'UAH', computed: '12.5', ledger: '12.5', aggregates: '12.5', difference: '0' }],
};

describe('the audit for people', () => {
  it('shows the identity per file, only with columns in which something stands', () => {
    const lines = auditLines(report);
    expect(lines[1]).toBe('  source    file     received  rated  absorbed  duplicate  suspended  difference');
    expect(lines[2]).toBe('  exchange  day.txt     1 200  1 150        20         10         20           0');
    expect(lines[3]).toMatch(/^ {2}total +1 200/);
  });

  it('shows hours in place of files, what meters showed, and the checks', () => {
    const hour = { source: 'exchange', file: null, hour: '2026-10-31T14:00:00.000Z', ...row };
    const check = { name: 'rated records with charges', closes: false, difference: '2', detail: 'entry 7: 2' };
    const lines = auditLines({ ...report, by: 'hour', records: [hour], checks: [check] });
    expect(lines[2]).toMatch(/^ {2}exchange {2}2026-10-31 14:00 +1 200/);
    expect(lines).toContain('  WRONG  rated records with charges: 2 apart: entry 7: 2');
    expect(lines.some((line) => /register {2}retail +2 +5 +12500 +12500 +0 +0/.test(line))).toBe(true);
  });

  it('says in its last line whether it closes', () => {
    expect(auditLines(report).at(-1)).toBe(
      'The audit closes at zero difference (as of entry 42, 1 200 records received).',
    );
    expect(auditLines({ ...report, closes: false }).at(-1)).toMatch(/^THE AUDIT DOES NOT CLOSE/);
  });
});
