import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../platform/logger.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Statement } from '../../../schemas/api/statements.ts';
import { AuditClock, type AuditClockParts } from '../../../server/front/audit-clock.ts';

const NOON = Date.UTC(2026, 9, 20, 12);
const HOUR = 3_600_000;

function setUp(changes: Partial<AuditClockParts> = {}) {
  const world = { nowMs: NOON, idle: true, audits: 0, stated: [] as string[] };
  const clock = new AuditClock({
    clock: { now: () => world.nowMs },
    log: createLogger({ name: 'test', level: 'silent' }),
    auditEveryMinutes: 60,
    dailyStatements: true,
    idle: () => world.idle,
    audit: async () => {
      world.audits++;
      return { closes: true, asOfEntry: 1, total: { inFlight: 0 } } as AuditReport;
    },
    firstAcceptedMs: () => NOON,
    hasStatement: async (date) => world.stated.includes(date),
    makeStatement: async (date) => {
      world.stated.push(date);
      return { closes: true, toEntry: 1 } as Statement;
    },
    ...changes,
  });
  return { world, clock };
}

describe('audits and statements that nobody asks for', () => {
  it('audits every hour, once nothing waits for the ledger', async () => {
    const { world, clock } = setUp();
    await clock.look();
    expect(world.audits).toBe(0);
    world.nowMs += HOUR;
    world.idle = false;
    await clock.look();
    expect(world.audits).toBe(0);
    world.idle = true;
    await clock.look();
    await clock.look();
    expect(world.audits).toBe(1);
  });

  it('states each day when it is over, and no day before the first entry', async () => {
    const { world, clock } = setUp({ auditEveryMinutes: 0 });
    await clock.look();
    expect(world.stated).toEqual([]);
    for (let hour = 0; hour < 59; hour++) {
      world.nowMs += HOUR;
      await clock.look();
    }
    expect(world.stated).toEqual(['2026-10-20', '2026-10-21']);
    expect(world.audits).toBe(0);
  });

  it('tries again after a failure', async () => {
    let fail = true;
    const { world, clock } = setUp({
      audit: async () => {
        world.audits++;
        if (fail) throw new Error('down');
        return { closes: true, asOfEntry: 1, total: { inFlight: 0 } } as AuditReport;
      },
    });
    world.nowMs += HOUR;
    await clock.look();
    fail = false;
    world.nowMs += HOUR;
    await clock.look();
    expect(world.audits).toBe(2);
  });
});
