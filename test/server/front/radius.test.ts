/** Access servers, played by FreeRADIUS's own client: what Tollgrid answered is charged once, whatever dies meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SessionItem } from '../../../schemas/api/sessions.ts';
import { aLogin, isMissing, packetOf, radclient, RadiusSystem } from './radius-system.ts';
import { sendOverTls, type Told } from './radsec-client.ts';

const missing = isMissing('radclient', 'freeradius-utils');
const SESSIONS = 100;
const PARTS = 3;

let system: RadiusSystem;

beforeAll(async () => {
  if (missing) return;
  system = new RadiusSystem();
  await system.open();
});
afterAll(() => (missing ? undefined : system.remove()));

const send = (packets: readonly string[], options = {}): Promise<number> => radclient(system.port, packets, options);

describe.skipIf(missing)('RADIUS accounting from radclient (needs freeradius-utils)', () => {
  it('becomes a charge for the megabytes of the session', async () => {
    expect(await send([packetOf('Stop', 1, 600, 1)])).toBe(1);
    const report = await system.audited(({ total }) => total.received >= 1);
    expect([report.closes, report.total.rated, report.total.suspended]).toEqual([true, 1, 0]);
    const { items }: Page<ChargeItem> = await system.api.get('/v1/charges', { limit: 10 });
    expect(items.map(({ quantity }) => Number(quantity))).toEqual([1_001_000]);
  });

  it('with another secret is dropped and counted', async () => {
    expect(await send([packetOf('Stop', 2, 600, 1)], { secret: 'wrong', retries: 1 })).toBe(0);
    expect((await system.source('bras')).refusedFor).toMatchObject({ forged: 1 });
    expect((await system.audited(({ total }) => total.received >= 1)).total.received).toBe(1);
  });

  it('shows a session while it lasts, with what it cost so far', async () => {
    expect(await send([packetOf('Start', 2, 0, 0)])).toBe(1);
    expect(await send([packetOf('Interim-Update', 2, 300, 5)])).toBe(1);
    await system.audited(({ total }) => total.received >= 3);
    const { items }: Page<SessionItem> = await system.api.get('/v1/sessions', { limit: 10 });
    expect(items.map(({ sessionId, quantity, closed }) => [sessionId, quantity, closed])).toEqual([
      ['s-2', 5_001_000, ''],
    ]);
    expect(Number(items[0].charges[0].amount)).toBeGreaterThan(0);
  });

  it('is charged once for every byte, over UDP and over TLS, although Tollgrid is killed in the middle of it', async () => {
    const login = aLogin();
    const startedAtMs = Date.UTC(2026, 9, 21, 10);
    const packets = Array.from({ length: SESSIONS * PARTS }, (_, i) => {
      const part = Math.floor(i / SESSIONS) + 1;
      const no = (i % SESSIONS) + 3;
      const status = part === PARTS ? 'Stop' : 'Interim-Update';
      const seconds = part * 300;
      const overTls: Told = { status, id: `t-${no}`, login, port: no, startedAtMs, seconds, bytes: part * no * 1000 };
      return { overUdp: packetOf(status, no, seconds, part * no), overTls };
    });
    const answered = await system.sendOverAKill(packets, async (some) => {
      const ways = [
        send(some.map(({ overUdp }) => overUdp)),
        sendOverTls(
          system.folder,
          system.tlsPort,
          some.map(({ overTls }) => overTls),
        ),
      ];
      return (await Promise.all(ways)).reduce((sum, count) => sum + count);
    });
    expect(answered).toBe(2 * packets.length);
    const report = await system.audited(({ total }) => total.received >= 3 + answered);
    expect(report.closes).toBe(true);
    // A packet that was durable and whose answer was lost came again, maybe behind one that says more.
    const { received, rated, absorbed, duplicate, suspended } = report.total;
    expect([received, suspended]).toEqual([rated + absorbed + duplicate, 0]);
    const { items }: Page<SessionItem> = await system.api.get('/v1/sessions', { limit: 1000, all: true });
    const own = items.filter(({ sessionId }) => Number(sessionId.slice(2)) > 2);
    expect(own).toHaveLength(2 * SESSIONS);
    for (const { sessionId, quantity, closed } of own) {
      const no = Number(sessionId.slice(2));
      const bytes = sessionId.startsWith('t') ? PARTS * no * 1000 : PARTS * no * 1_000_000 + 1000;
      expect([sessionId, quantity, closed]).toEqual([sessionId, bytes, 'stop']);
    }
    const charges: Page<ChargeItem> = await system.api.get('/v1/charges', { limit: 1000 });
    const charged = charges.items.reduce((sum, { quantity }) => sum + Number(quantity), 0);
    expect(charged).toBe(items.reduce((sum, { quantity }) => sum + quantity, 0));
  });
});
