/** A start that cannot be: one message with its code, an exit code, and nothing left behind. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../../schemas/api/operation.ts';
import type { Api } from '../../../cli/client.ts';
import { until } from '../../support/until.ts';
import { apiOf, ended, killGroup, runTollgrid, type Ended } from './command-line.ts';
import { CheckpointStore } from '../../../server/rater/checkpoint.ts';
import { System, TOWN, type SystemOptions } from './system.ts';

const START_MS = 180_000;
const COMMAND_MS = 150_000;

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-errors-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

let configs = 0;
/** JSON is YAML. */
function config(values: object | string): string {
  const file = path.join(folder, `tollgrid-${++configs}.yaml`);
  fs.writeFileSync(file, typeof values === 'string' ? values : JSON.stringify(values));
  return file;
}

function start(values: object | string): Promise<Ended> {
  return ended(runTollgrid('start', '--config', config(values)), COMMAND_MS);
}

/** The message: code and text first, what to do last, no stack. */
function expectRefusal({ code, out, err }: Ended, exit: number, errorCode: string): void {
  const lines = err.trimEnd().split('\n');
  const at = lines.findIndex((line) => line.startsWith(`${errorCode}: `));
  expect([code, at >= 0 ? errorCode : err]).toEqual([exit, errorCode]);
  expect(err).not.toMatch(/^\s+at /m);
  expect(lines.filter((line) => /^[A-Z][A-Z_]+: /.test(line))).toHaveLength(1);
  expect(out).toBe('');
}

describe('tollgrid start', () => {
  let running: ChildProcess;
  let api: Api;
  let port: number;
  const dataDir = (): string => path.join(folder, 'running');

  beforeAll(async () => {
    port = await freePort();
    const sources = [{ name: 'nowhere', format: 'exchange', directory: path.join(folder, 'missing'), pollMs: 50 }];
    running = runTollgrid('start', '--config', config({ dataDir: dataDir(), server: { port }, sources }));
    api = await apiOf(running, dataDir());
    await caughtUp(api);
  }, START_MS);
  afterAll(() => {
    if (running.exitCode === null && running.signalCode === null) killGroup(running);
  });

  it('waits for the folder of a source that is not there, and serves meanwhile', async () => {
    await until('it is ready', async () => (await api.get<Status>('/v1/status')).ready);
    expect(await api.get('/v1/status')).toMatchObject({ ready: true, reasons: [] });
    expect(await api.get('/v1/sources')).toMatchObject({ items: [{ name: 'nowhere', received: 0 }] });
  });

  it(
    'refuses a taken port, a data directory in use or one that cannot be, and a wrong configuration',
    async () => {
      fs.writeFileSync(path.join(folder, 'file'), '');
      const [taken, locked, unwritable, wrong, torn, absent] = await Promise.all([
        start({ dataDir: path.join(folder, 'other'), server: { port } }),
        start({ dataDir: dataDir(), server: { port: 0 } }),
        start({ dataDir: path.join(folder, 'file', 'data'), server: { port: 0 } }),
        start('server:\n  port: many\nrater: { threads: 0, thread: 1 }\nsources: [{ name: A }]\n'),
        start('server: {\n'),
        ended(runTollgrid('start', '--config', path.join(folder, 'absent.yaml'))),
      ]);
      expectRefusal(taken!, 3, 'PORT_TAKEN');
      expect(taken!.err).toContain(`127.0.0.1:${port}`);
      expect(fs.existsSync(path.join(folder, 'other'))).toBe(false);
      expectRefusal(locked!, 3, 'DATA_DIR_LOCKED');
      expect(locked!.err).toContain(`process ${running.pid}`);
      expectRefusal(unwritable!, 3, 'DATA_DIR_UNWRITABLE');
      expectRefusal(wrong!, 2, 'CONFIG_INVALID');
      for (const place of ['yaml:2: server.port', 'yaml:3: rater.threads', 'rater.thread ', 'sources.0.name'])
        expect(wrong!.err).toContain(place);
      expectRefusal(torn!, 2, 'CONFIG_INVALID');
      expectRefusal(absent!, 2, 'CONFIG_INVALID');
    },
    COMMAND_MS,
  );

  it(
    'ends in order when it is asked to through the API',
    async () => {
      const end = ended(running, COMMAND_MS);
      expect(await api.post('/v1/admin/shutdown', null)).toEqual({ stopping: true });
      const { code, err } = await end;
      expect([code, err.includes('Draining')]).toEqual([0, true]);
      expect(fs.existsSync(path.join(dataDir(), 'lock'))).toBe(false);
      expect(fs.existsSync(path.join(dataDir(), 'run', 'front.json'))).toBe(false);
    },
    COMMAND_MS,
  );

  it(
    'ends in order when its whole process group is told to: the next start has nothing to read again',
    async () => {
      const rater = path.join(dataDir(), 'rater');
      fs.rmSync(rater, { recursive: true });
      const child = runTollgrid('start', '--config', config({ dataDir: dataDir(), server: { port: 0 } }));
      const end = ended(child, COMMAND_MS);
      const logHead = await caughtUp(await apiOf(child, dataDir()));
      process.kill(-child.pid!, 'SIGTERM');
      expect(await end).toMatchObject({ code: 0 });
      expect(logHead).toBeGreaterThan(5);
      expect((await new CheckpointStore(rater).read())?.entryNo).toBe(logHead);
    },
    COMMAND_MS,
  );

  it(
    'refuses a tariff whose own test does not hold',
    async () => {
      const tariffs = path.join(folder, 'tariffs');
      fs.cpSync(path.join(TOWN, 'tariffs'), tariffs, { recursive: true });
      const file = path.join(tariffs, 'adsl-volume.yaml');
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('amount: 296.16', 'amount: 296.17'));
      const refused = await start({
        dataDir: path.join(folder, 'tested'),
        server: { port: 0 },
        definitions: { tariffs: [tariffs] },
      });
      expectRefusal(refused, 1, 'TARIFF_TEST_FAILED');
      expect(refused.err).toContain('296.17');
      expect(fs.existsSync(path.join(folder, 'tested', 'lock'))).toBe(false);
    },
    COMMAND_MS,
  );
});

describe('a start', () => {
  const home = (): string => path.join(folder, 'home');
  const source = { name: 'pbx', format: 'no-such-format', directory: '.' };
  const cases: [string, string, () => SystemOptions][] = [
    ['with a source of an unknown format', 'FORMAT_UNKNOWN', () => ({ sources: [source] })],
    ['without the guiding file', 'FILE_UNREADABLE', () => ({ definitions: { guiding: path.join(folder, 'no.yaml') } })],
  ];
  for (const [what, code, options] of cases) {
    it(
      `${what} is refused`,
      async () => {
        fs.mkdirSync(home(), { recursive: true });
        const started = System.start({ folder: home(), ...options() });
        await expect(started).rejects.toMatchObject({ code });
        expect(fs.existsSync(path.join(home(), 'data', 'lock'))).toBe(false);
      },
      START_MS,
    );
  }

  it(
    'whose engine cannot open its folder is refused with the reason',
    async () => {
      fs.rmSync(path.join(home(), 'data', 'engine'), { recursive: true });
      fs.writeFileSync(path.join(home(), 'data', 'engine'), 'no folder');
      await expect(System.start({ folder: home() })).rejects.toMatchObject({
        code: 'LEDGER_UNAVAILABLE',
        message: expect.stringContaining('engine') as string,
      });
      fs.rmSync(path.join(home(), 'data', 'engine'));
    },
    START_MS,
  );

  it(
    'that is right follows all those without a trace of them',
    async () => {
      const system = await System.start({ folder: home() });
      expect(system.services.status()).toMatchObject({ ready: true });
      expect((await system.audit()).closes).toBe(true);
      await system.stop();
    },
    START_MS,
  );
});

/** Resolves with the log's head when all of it is processed. */
async function caughtUp(api: Api): Promise<number> {
  for (;;) {
    const { logHead, processedEntry } = await api.get<Status>('/v1/status');
    if (logHead > 0 && processedEntry === logHead) return logHead;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
