/** The disk of the data directory fills up: refused with a code, nothing acknowledged is lost, nothing is half there. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toTollgridError } from '../../../platform/errors.ts';
import { System } from './system.ts';

const TEST_MS = 240_000;
const DISK_BYTES = 256 * 1024 * 1024;

let folder: string;
let unmounted: string | null = null;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-disk-'));
  const data = path.join(folder, 'data');
  fs.mkdirSync(data);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tollgrid-test', data], { stdio: 'pipe' });
  } catch (error) {
    unmounted = `mounting a small disk is not permitted here: ${(error as Error).message.split('\n')[0]}`;
  }
});
afterAll(() => {
  if (unmounted === null) execFileSync('umount', ['-l', path.join(folder, 'data')]);
  fs.rmSync(folder, { recursive: true, force: true });
});

const event = (id: number, padding = ''): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `d-${id}`,
      source: '/test',
      type: 'tollgrid.usage.voice',
      time: '2026-10-15T10:00:00Z',
      data: { account: 'hotel-rooms', to: '380671234567', durationMs: 1000, padding },
    }),
  );

describe('a disk that fills up', () => {
  it(
    'stops the intake at its reserve, and lets it go on by itself when there is room',
    async (context) => {
      if (unmounted !== null) context.skip(unmounted);
      const data = path.join(folder, 'data');
      const ballast = path.join(data, 'ballast');
      const inbox = path.join(folder, 'inbox');
      fs.mkdirSync(inbox);
      const source = { name: 'pbx', format: 'freeswitch-csv', directory: inbox, pollMs: 50 };
      const system = await System.start({ folder, sources: [source] });
      const post = () =>
        fetch(`${system.front.url}/v1/usage?source=api`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: event(1),
        });
      const put = () =>
        fetch(`${system.front.url}/v1/files/api/x.csv?format=freeswitch-csv`, { method: 'PUT', body: 'noise\n' });
      const { bavail, bsize, blocks } = fs.statfsSync(data);
      const reserve = Math.floor((blocks * bsize) / 50);
      fs.writeFileSync(ballast, Buffer.alloc(bavail * bsize - reserve + 1024 * 1024));
      await expect.poll(() => system.services.status().ready, { timeout: 60_000 }).toBe(false);
      expect(system.services.status().reasons.join()).toContain('INTAKE_DISK_LOW');
      fs.writeFileSync(path.join(inbox, 'a.csv'), 'noise\n');
      for (const answer of [await post(), await put()]) {
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
        expect(await answer.json()).toMatchObject({ code: 'INTAKE_DISK_LOW' });
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(fs.readdirSync(inbox)).toEqual(['a.csv']);
      expect((await system.services.files({ limit: 10 })).items).toEqual([]);
      const text = await system.services.metricsText();
      const gauge = (name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)![1]);
      expect(gauge('tollgrid_disk_reserve_bytes')).toBe(reserve);
      expect(gauge('tollgrid_disk_free_bytes')).toBeLessThan(reserve);

      fs.rmSync(ballast);
      await expect.poll(() => system.services.status().ready, { timeout: 60_000 }).toBe(true);
      expect((await post()).status).toBe(202);
      expect((await put()).status).toBe(201);
      await expect
        .poll(async () => (await system.services.files({ source: 'pbx', limit: 10 })).items, { timeout: 60_000 })
        .toMatchObject([{ name: 'a.csv' }]);
      await system.stop();
      for (const name of fs.readdirSync(data)) fs.rmSync(path.join(data, name), { recursive: true, force: true });
    },
    TEST_MS,
  );
});

describe('a full disk without a reserve', () => {
  it(
    'refuses usage clearly, and after a restart with space everything acknowledged is there once',
    async (context) => {
      if (unmounted !== null) context.skip(unmounted);
      const data = path.join(folder, 'data');
      const ballast = path.join(data, 'ballast');
      let system = await System.start({ folder, diskReserveBytes: 0 });
      let acknowledged = 0;
      const push = async (padding?: string): Promise<void> => {
        await system.services.pushUsage({ source: 'pbx', events: [event(acknowledged, padding)], requestSha256: '' });
        acknowledged++;
      };
      const codeOf = (work: Promise<unknown>): Promise<string> =>
        work.then(
          () => 'accepted',
          (error: unknown) => toTollgridError(error).code,
        );

      await push();
      await system.processed();
      const { bavail, bsize } = fs.statfsSync(data);
      const leave = 2 * 1024 * 1024;
      fs.writeFileSync(ballast, Buffer.alloc(bavail * bsize - leave));

      // A file that does not fit leaves nothing behind, and smaller things are still taken.
      const line = `${'x'.repeat(999)}\n`;
      const fed = system.feed('hotel-pbx', 'large.csv', 'freeswitch-csv', line.repeat(8000));
      expect(await codeOf(fed)).toBe('SPOOL_WRITE_FAILED');
      expect(fs.readdirSync(path.join(data, 'spool', 'tmp'))).toEqual([]);
      expect(await codeOf(push())).toBe('accepted');

      // Until the log itself has no room: then nothing more is taken, also when there is room again.
      const padding = 'x'.repeat(60_000);
      let refused = 'accepted';
      for (let i = 0; refused === 'accepted' && i < 1000; i++) refused = await codeOf(push(padding));
      expect(refused).toBe('LOG_BROKEN');
      fs.rmSync(ballast);
      expect(await codeOf(push())).toBe('LOG_BROKEN');
      expect(system.services.status()).toMatchObject({ ready: false });
      expect(system.services.status().reasons.join()).toContain('LOG_BROKEN');
      await system.stop().catch(() => undefined);

      system = await System.start({ folder, diskReserveBytes: 0 });
      await system.processed();
      expect(await system.totals()).toEqual({ received: acknowledged, rated: acknowledged });
      expect((await system.audit()).closes).toBe(true);
      await push();
      await system.feed('hotel-pbx', 'large.csv', 'freeswitch-csv', line.repeat(10));
      expect(await system.totals()).toMatchObject({ received: acknowledged + 10, rated: acknowledged, suspended: 10 });
      expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
      await system.stop();
    },
    TEST_MS,
  );
});
