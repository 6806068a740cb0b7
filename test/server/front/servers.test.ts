/**
 * The town with its registry on a PostgreSQL server and its ledger behind the address of a ClickHouse server: the one that
 * CLICKHOUSE_URL names, otherwise the embedded engine's HTTP interface, started beside.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressFromEnvironment, startEngine, type EngineHandle } from '../../../ledger/index.ts';
import { freePort, makePostgres, postgresFolder, type PostgresServer } from '../../support/postgres.ts';
import type { Status } from '../../../schemas/api/operation.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';
import { System, TOWN, townFiles, writeConfig, type SystemOptions } from './system.ts';

const START_MS = 240_000;
const TOKEN = 'stand in';
const bin = postgresFolder();
const given = addressFromEnvironment(process.env);

const sources = [...new Map(townFiles().map(({ source, format }) => [source, format]))].map(([name, format]) => ({
  ...{ name, format, directory: path.join(TOWN, 'inbox', name), pollMs: 50 },
}));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe.skipIf(bin === null)('a Tollgrid with servers of its own', () => {
  let folder: string;
  let postgres: PostgresServer;
  let clickhouse: EngineHandle | undefined;
  let port: number;
  let system: System;
  /** Ended with kill -9, whatever becomes of its test. */
  let killed: ChildProcess | undefined;
  let options: SystemOptions;

  const startClickhouse = async (): Promise<void> => {
    const fixed = { port, token: TOKEN };
    if (given === undefined) clickhouse = await startEngine({ path: path.join(folder, 'ch'), nice: 0, fixed });
  };
  const taken = async (one: System): Promise<void> => {
    await one.front.sourcesTaken();
    await one.processed();
  };

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
    port = await freePort();
    postgres = await makePostgres(bin!);
    await Promise.all([postgres.start(), startClickhouse()]);
    const secret = (name: string, value: string): string => {
      fs.writeFileSync(path.join(folder, name), `${value}\n`);
      return path.join(folder, name);
    };
    const registry = { url: postgres.newDatabase(), passwordFile: secret('pg', postgres.password) };
    const ledger = {
      ...{ url: given?.url ?? `http://127.0.0.1:${port}`, passwordFile: secret('chp', given?.token ?? TOKEN) },
      ...(given !== undefined && { user: given.user, database: given.database }),
    };
    options = { folder, sources, sliceBytesMax: 64 * 1024, servers: { registry, ledger } };
  }, START_MS);
  afterAll(async () => {
    if (killed?.exitCode === null && killed.signalCode === null) killGroup(killed);
    await system?.stop();
    await clickhouse?.stop();
    await postgres?.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it(
    'comes to the charges of one without them, also after kill -9 in the middle',
    async () => {
      const inside = await System.start({ sources });
      await taken(inside);
      const wanted = await inside.exportHash();
      await inside.remove();

      killed = runTollgrid('start', '--config', writeConfig(folder, options));
      const api = await apiOf(killed, path.join(folder, 'data'));
      for (;;) {
        const status = await api.get<Status>('/v1/status').catch(() => null);
        if ((status?.processedEntry ?? 0) > 12) break;
        await pause();
      }
      const ended = once(killed, 'exit');
      killGroup(killed);
      await ended;

      system = await System.start(options);
      await taken(system);
      expect(system.services.status().children.map(({ role }) => role)).toEqual(['rater']);
      expect(await system.exportHash()).toBe(wanted);
      expect((await system.audit()).closes).toBe(true);
      const { checks } = await system.services.verify();
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(fs.existsSync(path.join(folder, 'data', 'engine'))).toBe(false);
      expect(fs.existsSync(path.join(folder, 'data', 'registry'))).toBe(false);
    },
    START_MS,
  );

  it(
    'takes usage while both are gone, and works through it when they are back',
    async () => {
      const before = (await system.totals())['received']!;
      await postgres.crash();
      if (clickhouse !== undefined) process.kill(clickhouse.pid, 'SIGKILL');
      await clickhouse?.exited;
      const { source, format, bytes: lines } = townFiles().find((file) => file.source === 'clinic-pbx')!;
      // Other bytes of the same records: duplicates, all of them.
      const stream = Readable.from([lines.subarray(0, lines.lastIndexOf(10, lines.length >> 1) + 1)], {
        objectMode: false,
      });
      const { lastEntry } = await system.services.ingestFile({ source, name: 'again', format, stream });
      const party = { kind: 'party', id: 'P-new', name: 'New' } as const;
      const change = () => system.services.registryChange({ objects: [party], by: 'test' });
      await expect(change()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
      await Promise.all([postgres.start(), startClickhouse()]);
      expect(await change()).toMatchObject({ created: 1 });
      await system.processed(lastEntry);
      expect((await system.totals())['received']).toBeGreaterThan(before);
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );

  it(
    'refuses tables and databases that another installation has',
    async () => {
      fs.mkdirSync(path.join(folder, 'other'));
      const other = { ...options, folder: path.join(folder, 'other'), sources: [], definitions: {} };
      const refused = await System.start(other).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'REGISTRY_IN_USE' });
      const own = { ...options.servers!.registry, url: postgres.newDatabase() };
      const second = await System.start({
        ...other,
        servers: { ...options.servers, registry: own },
      });
      try {
        expect(second.services.status().reasons.join('; ')).toContain('LEDGER_FOREIGN');
      } finally {
        await second.stop();
      }
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );
});
