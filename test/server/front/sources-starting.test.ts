/** Sources at their start: known and told as starting before, changed each in its own turn, tried again when they fail. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { loadConfig } from '../../../platform/config.ts';
import type { SourceConfig } from '../../../platform/config.ts';
import { PausedSources } from '../../../server/front/paused-sources.ts';
import { Sources, type SourcesIntake } from '../../../server/front/sources.ts';
import { until } from '../../support/until.ts';

let dataDir: string;
let file: string;
let sources: Sources;
/** What is taken becomes durable when this does. */
let durable: Promise<void>;

const TCP = { kind: 'tcp', format: 'lines', tcp: { port: 0 } };
const NOTHING = { added: [], changed: [], removed: [], underway: [] };
const PBX = { name: 'pbx', ...TCP };
const OTHER = { name: 'other', ...TCP, paused: true };

function configured(...list: object[]): SourceConfig[] {
  fs.writeFileSync(file, JSON.stringify({ dataDir, sources: list }));
  return loadConfig({ path: file, env: {} }).sources;
}

let promptMs: number;

async function withSources(...list: object[]): Promise<void> {
  const intake = {
    format: (name: string) => ({
      ...{ framed: name === 'frames', headerLines: name === 'list' ? 1 : 0 },
      cut: (bytes: Buffer) => bytes.lastIndexOf(10) + 1,
    }),
    batches: { take: () => durable, positions: () => ({}) },
  } as unknown as SourcesIntake;
  sources = new Sources(configured(...list), {
    ...{ intake, paused: await PausedSources.open(dataDir), clock: systemClock },
    ...{ log: pino({ level: 'silent' }), dataDir, promptMs },
  });
}

beforeEach(async () => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-starting-'));
  file = path.join(dataDir, 'tollgrid.yaml');
  durable = Promise.resolve();
  promptMs = 60_000;
  await withSources(PBX, OTHER);
});
afterEach(async () => {
  await sources.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

const states = (): string[] => sources.list().map(({ config, state }) => `${config.name} ${state}`);

describe('sources that are not started yet', () => {
  it('are listed with their format, and take once they are started', async () => {
    expect([states(), sources.formatOf('pbx')]).toEqual([['pbx starting', 'other paused'], 'lines']);
    await sources.start({ idle: false });
    expect(states()).toEqual(['pbx taking', 'other paused']);
  });

  it('are paused when they have been started', async () => {
    const paused = sources.pause('pbx', 'test');
    expect(states()[0]).toBe('pbx starting');
    await sources.start({ idle: false });
    expect((await paused).state).toBe('paused');
    expect(states()).toEqual(['pbx paused', 'other paused']);
  });

  it('can be stopped', async () => {
    const paused = sources.pause('pbx', 'test');
    await sources.stop();
    expect((await paused).state).toBe('paused');
  });
});

describe('a format whose files begin with header lines', () => {
  it('is refused where usage streams in without files: each batch would lose lines', async () => {
    const udp = { name: 'udp', kind: 'udp', format: 'list', udp: { port: 0 } };
    const folder = { name: 'folder', format: 'list', directory: dataDir };
    await withSources({ ...PBX, format: 'list' }, udp, folder);
    await sources.start({ idle: false });
    expect(states()).toEqual(['pbx waiting', 'udp waiting', 'folder taking']);
    expect(sources.list()[0]!.detail).toMatch(/^SOURCE_FORMAT_UNFIT: .*headerLines/);
  });
});

describe('a source that hangs', () => {
  /** A call has come, and the ledger is away until the result is called. */
  async function hanging(...list: object[]): Promise<() => void> {
    let release!: () => void;
    durable = new Promise((resolve) => (release = resolve));
    await withSources(...list);
    await sources.start({ idle: false });
    const port = Number(/:(\d+)$/.exec(sources.list()[0]!.detail!)![1]);
    const sender = net.connect(port, '127.0.0.1', () => sender.end('a call\n'));
    sender.resume();
    await until('the call came', () => sources.list()[0]!.lastSeenMs !== null);
    return release;
  }

  it('is pausing until what it took is durable; commands answer meanwhile, and count in their order', async () => {
    promptMs = 20;
    const release = await hanging(PBX);
    await until('its lag grows', () => {
      const { lag } = sources.list()[0]!;
      return lag?.unit === 'ms' && lag.amount > 0;
    });
    expect(await sources.pause('pbx', 'test')).toMatchObject({
      state: 'pausing',
      detail: 'paused by test; what it took waits for the log',
    });
    expect((await sources.resume('pbx')).state).toBe('pausing');
    expect((await sources.pause('pbx', 'again')).state).toBe('pausing');
    expect(await sources.reload(configured({ name: 'more', ...TCP }))).toEqual({
      ...{ added: ['more'], changed: [], removed: [], underway: ['pbx'] },
    });
    expect(states()).toEqual(['pbx pausing', 'more taking']);
    release();
    await until('it is gone', () => states().join() === 'more taking');
    expect(sources.list()[0]!.lag).toEqual({ amount: 0, unit: 'ms' });
    expect((await PausedSources.open(dataDir)).of('pbx')?.by).toBe('again');
  });

  it('keeps no other one from being paused, resumed and exchanged', async () => {
    const release = await hanging(PBX, { name: 'other', ...TCP });
    const pausing = sources.pause('pbx', 'test');
    expect((await sources.pause('other', 'test')).state).toBe('paused');
    expect((await sources.resume('other')).state).toBe('taking');
    const reloading = sources.reload(configured({ name: 'added', ...TCP }));
    await until('the others are exchanged', () => states().join() === 'pbx pausing,added taking');
    release();
    expect((await pausing).state).toBe('paused');
    expect(await reloading).toEqual({ added: ['added'], changed: [], removed: ['pbx', 'other'], underway: [] });
    expect(states()).toEqual(['added taking']);
  });

  it('pauses are kept, however many come at once', async () => {
    const names = Array.from({ length: 20 }, (_, no) => `pbx-${no}`);
    await withSources(...names.map((name) => ({ name, ...TCP })));
    await sources.start({ idle: false });
    await Promise.all(names.map((name) => sources.pause(name, 'test')));
    const kept = await PausedSources.open(dataDir);
    expect(names.filter((name) => kept.of(name) === undefined)).toEqual([]);
  });
});

describe('a source whose secret is missing', () => {
  const configuredRadius = (): object => ({
    ...{ name: 'radius', kind: 'radius', format: 'frames' },
    radius: { port: 0, clients: [{ address: '127.0.0.1', secretFile: path.join(dataDir, 'secret') }] },
  });
  const start = async (): Promise<void> => {
    await withSources(configuredRadius(), PBX);
    await sources.start({ idle: false });
    expect(states()).toEqual(['radius waiting', 'pbx taking']);
    expect(sources.list()[0]!.detail).toMatch(/^SECRET_UNREADABLE: /);
    await expect(sources.test('radius')).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  };
  const writeSecret = (): void =>
    fs.writeFileSync(path.join(dataDir, 'secret'), 'a secret of some length', { mode: 0o600 });

  it('waits alone, and begins by itself when the secret is there', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await start();
      writeSecret();
      vi.advanceTimersByTime(60_000);
    } finally {
      vi.useRealTimers();
    }
    await until('it takes', () => states()[0] === 'radius taking');
  });

  it('is tried again by a reload that changes nothing', async () => {
    await start();
    writeSecret();
    expect(await sources.reload(configured(configuredRadius(), PBX))).toEqual(NOTHING);
    expect(states()).toEqual(['radius taking', 'pbx taking']);
  });
});

describe('a source whose secret has changed', () => {
  const places = (): (string | null)[] => sources.list().map(({ detail }) => detail);
  const secret = (): string => path.join(dataDir, 'secret');
  const configuredRadius = (client: object = { secretFile: secret() }): object => ({
    ...{ name: 'radius', kind: 'radius', format: 'frames' },
    radius: { port: 0, clients: [{ address: '127.0.0.1', ...client }] },
  });
  const start = async (...list: object[]): Promise<(string | null)[]> => {
    fs.writeFileSync(secret(), 'a secret of some length');
    await withSources(...list);
    await sources.start({ idle: false });
    return places();
  };

  it('begins anew with it at a reload, and no other one does', async () => {
    const before = await start(configuredRadius(), PBX);
    const same = configured(configuredRadius(), PBX);
    fs.writeFileSync(secret(), 'another secret of the same');
    expect(await sources.reload(same)).toEqual({ ...NOTHING, changed: ['radius'] });
    // Each start finds a free port of its own.
    expect([places()[0] === before[0], places()[1]]).toEqual([false, before[1]]);
    expect(states()).toEqual(['radius taking', 'pbx taking']);
    expect(await sources.reload(same)).toEqual(NOTHING);
  });

  it('is left as it is by a line end more', async () => {
    const before = await start(configuredRadius(), PBX);
    fs.appendFileSync(secret(), '\n');
    expect(await sources.reload(configured(configuredRadius(), PBX))).toEqual(NOTHING);
    expect(places()).toEqual(before);
  });

  it('goes on with the one it has while the file cannot be read', async () => {
    const before = await start(configuredRadius(), PBX);
    fs.rmSync(secret());
    expect(await sources.reload(configured(configuredRadius(), PBX))).toEqual(NOTHING);
    expect(places()).toEqual(before);
  });

  it('is found by a variable of the environment, and by the file that Tollgrid made itself', async () => {
    vi.stubEnv('TEST_RADIUS_SECRET', 'a secret of some length');
    try {
      const list = [configuredRadius({ secretEnv: 'TEST_RADIUS_SECRET' }), { ...configuredRadius({}), name: 'made' }];
      await start(...list);
      vi.stubEnv('TEST_RADIUS_SECRET', 'another secret of the same');
      expect(await sources.reload(configured(...list))).toEqual({ ...NOTHING, changed: ['radius'] });
      fs.writeFileSync(path.join(dataDir, 'secrets', 'made'), 'another secret of the same');
      expect(await sources.reload(configured(...list))).toEqual({ ...NOTHING, changed: ['made'] });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
