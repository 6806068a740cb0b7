/** What is asked of the rater while it opens, works or dies is done or refused, and never waited for in vain. */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System, townFiles } from './system.ts';

const START_MS = 180_000;
let system: System;
let rows: string;

beforeAll(async () => {
  system = await System.start({ sliceBytesMax: 64 * 1024, writeRowsMax: 1000 });
  for (const { source, name, format, bytes } of townFiles()) await system.feed(source, name, format, bytes);
  rows = await system.export();
}, START_MS);
afterAll(() => system.remove());

const rater = (): { up: boolean; restarts: number } =>
  system.services.status().children.find(({ role }) => role === 'rater')!;
const until = (reached: () => boolean): Promise<void> =>
  expect.poll(reached, { timeout: 150_000, interval: 1 }).toBe(true);

async function killed(...roles: string[]): Promise<void> {
  const { restarts } = rater();
  system.kill(...roles);
  await until(() => rater().restarts > restarts);
}

describe('a request to the rater', () => {
  it(
    'is refused while there is none',
    async () => {
      await killed('rater');
      await expect(system.services.verify()).rejects.toMatchObject({ code: 'RATER_ENDED' });
      await expect(system.services.rebuild({})).rejects.toMatchObject({ code: 'RATER_ENDED' });
      expect(system.services.status().ready).toBe(false);
    },
    START_MS,
  );

  it(
    'waits while it opens',
    async () => {
      // Up means that the process answers; the ledger is opened and checked after that.
      await until(() => rater().up);
      const [verified, rebuilt] = await Promise.all([system.services.verify(), system.services.rebuild({})]);
      expect(verified.ok).toBe(true);
      expect(rebuilt).toMatchObject({ entries: system.services.status().logHead });
      expect(rebuilt.rows).toBeGreaterThan(1000);
      expect(await system.export()).toBe(rows);
    },
    START_MS,
  );

  it(
    'is told that the rater died, and the rebuild goes on without anybody waiting for it',
    async () => {
      const { restarts } = rater();
      const rebuilding = system.services.rebuild({ threads: 2 }).catch((error: unknown) => error);
      const verifying = system.services.verify().catch((error: unknown) => error);
      await until(() => system.services.status().inFlightEntries > 0);
      system.kill('rater');
      expect(await rebuilding).toMatchObject({ code: 'RATER_ENDED' });
      expect(await verifying).toMatchObject({ code: 'RATER_ENDED' });
      await until(() => rater().restarts > restarts);
      await system.processed();
      expect(await system.export()).toBe(rows);
      expect((await system.services.verify()).ok).toBe(true);
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );

  it(
    'is answered after the engine died, by a rater that knows the new one',
    async () => {
      await killed('engine');
      await until(() => system.services.status().ready);
      expect((await system.services.verify()).ok).toBe(true);
      const { format, bytes } = townFiles().find(({ source }) => source === 'hotel-pbx')!;
      await system.feed('hotel-pbx', 'again.csv', format, bytes);
      expect(await system.export()).toBe(rows);
    },
    START_MS,
  );

  it('finds nothing wrong while usage is being written', async () => {
    const event = (id: number): Uint8Array[] => [
      Buffer.from(
        JSON.stringify({
          specversion: '1.0',
          id: `w-${id}`,
          source: '/test',
          type: 'tollgrid.usage.voice',
          time: '2026-10-15T10:00:00Z',
          data: { account: 'hotel-rooms', to: '380671234567', durationMs: 1000 },
        }),
      ),
    ];
    let pushing = true;
    const pushed = (async () => {
      for (let id = 0; pushing; id++)
        await system.services.pushUsage({ source: 'http', events: event(id), requestSha256: '' });
    })();
    for (let i = 0; i < 5; i++) {
      const { checks } = await system.services.verify();
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    }
    pushing = false;
    await pushed;
  }, 180_000);

  it(
    'does not keep Tollgrid from stopping, nor does an upload that never ends',
    async () => {
      const upload = http.request(`${system.front.url}/v1/files/hotel-pbx/slow.csv?format=freeswitch-csv`, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
      });
      const cut = new Promise<Error>((resolve) => upload.once('error', resolve));
      upload.write('half a line');
      const arriving = path.join(system.folder, 'data', 'spool', 'tmp');
      await until(() => fs.readdirSync(arriving).length === 1);
      const rebuilding = system.services.rebuild({}).catch((error: unknown) => error);
      const auditing = system.services.audit({ wait: true }).catch((error: unknown) => error);
      await until(() => system.services.status().inFlightEntries > 0);
      const { folder } = system;
      await system.stop();
      expect(await cut).toBeInstanceOf(Error);
      expect(await rebuilding).toMatchObject({ code: 'STOPPING' });
      await auditing;
      system = await System.start({ folder });
      await system.processed();
      expect((await system.audit()).closes).toBe(true);
      expect((await system.services.verify()).ok).toBe(true);
    },
    START_MS,
  );
});
