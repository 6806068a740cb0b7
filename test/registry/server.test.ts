import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, type Registry, type RegistryOptions, type RegistryServer } from '../../registry/index.ts';
import { makePostgres, postgresFolder, type PostgresServer } from '../support/postgres.ts';
import { account, describeRegistry, messageOf, party, pictureOf, subscription, TestLog } from './conformance.ts';

const bin = postgresFolder();
let postgres: PostgresServer;
beforeAll(async () => {
  if (bin === null) return;
  postgres = await makePostgres(bin);
  await postgres.start();
});
afterAll(() => postgres?.remove());

const at = (url: string): RegistryServer => ({ url, user: 'tollgrid', password: postgres.password });

describe.skipIf(bin === null)('PostgreSQL', () => {
  let url: string | undefined;
  describeRegistry('on a server', (options) => {
    url ??= postgres.newDatabase();
    return openRegistry({ ...options, server: at(url) });
  });

  describe('a registry on a server', () => {
    let folder: string;
    let database: string;
    let log: TestLog;
    const opened: Registry[] = [];
    const dir = (name: string): string => path.join(folder, name);
    const open = async (dataDir: string, options: Partial<RegistryOptions> = {}): Promise<Registry> => {
      const registry = await openRegistry({ dataDir: dir(dataDir), server: at(database), logged: log, ...options });
      opened.push(registry);
      return registry;
    };
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'registry-'));
      database = postgres.newDatabase();
      log = new TestLog();
    });
    afterEach(async () => {
      for (const registry of opened.splice(0)) await registry.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('serves one Tollgrid: a second one is refused while the first runs, and after it', async () => {
      const first = await open('a');
      await first.change([party, account], log.append);
      expect(await messageOf(open('b'))).toContain('REGISTRY_IN_USE');
      await first.change([{ ...party, name: 'Olena Melnyk' }], log.append);
      await first.close();
      expect(await messageOf(open('b'))).toContain('REGISTRY_FOREIGN');
      expect((await (await open('a')).queries.party('P-1'))!.name).toBe('Olena Melnyk');
    });

    it('is refused to a copy of the data directory that is older than its last use', async () => {
      await (await open('a')).close();
      cpSync(dir('a'), dir('copy'), { recursive: true });
      await (await open('copy')).close();
      expect(await messageOf(open('a'))).toContain('REGISTRY_FOREIGN');
    });

    it('goes on when the server was restarted, with what the log has more', async () => {
      const registry = await open('a');
      await registry.change([party, account, subscription('S-1', '380440000001')], log.append);
      await postgres.crash();
      expect(await messageOf(registry.queries.party('P-1'))).toContain('REGISTRY_UNAVAILABLE');
      expect(await messageOf(registry.change([party], log.append))).toContain('REGISTRY_UNAVAILABLE');
      await postgres.start();
      const again = await registry.change([subscription('S-2', '380440000002')], log.append);
      expect(again).toMatchObject({ created: 1, entryNo: log.lastNo });
      // Now it dies when the log has the change and the database has not.
      const torn = registry.change([subscription('S-3', '380440000003')], async (changes) => {
        const entryNo = await log.append(changes);
        await postgres.crash();
        return entryNo;
      });
      expect(await messageOf(torn)).toContain('REGISTRY_BEHIND');
      await postgres.start();
      expect((await registry.queries.subscription('S-3'))!.no).toBe(3);
      expect(registry.applied()).toBe(log.lastNo);
      expect((await registry.change([subscription('S-3', '380440000003')], log.append)).unchanged).toBe(1);
      const before = await pictureOf(registry);
      expect(postgres.sql(nameOf(database), 'select applied_entry from meta')).toBe(String(log.lastNo));
      await registry.close();
      expect(await pictureOf(await open('a'))).toEqual(before);
    });

    it('does a change once whose answer was lost, also with others behind it', async () => {
      const registry = await open('a');
      await registry.change([party, account], log.append);
      const sessions = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tollgrid %'`;
      const results = await Promise.all([
        registry.change([subscription('S-1', '1')], async (changes) => {
          const entryNo = await log.append(changes);
          postgres.sql(nameOf(database), sessions);
          return entryNo;
        }),
        registry.change([subscription('S-1', '2')], log.append),
      ]);
      expect(results.map(({ entryNo }) => entryNo)).toEqual(log.entries.slice(1).map(({ entryNo }) => entryNo));
      expect((await registry.queries.subscription('S-1'))!.identifiers).toMatchObject([{ value: '2' }]);
      expect(registry.applied()).toBe(log.lastNo);
    });

    it('waits for a server that starts, and not for one that refuses', async () => {
      await postgres.crash();
      let waits = 0;
      const opening = open('a', { waiting: () => void waits++ });
      await postgres.start();
      expect((await opening).applied()).toBe(0);
      const wrong = { ...at(database), password: 'wrong' };
      const refused = await messageOf(open('b', { server: wrong, waiting: () => void waits++ }));
      expect(refused).toContain('REGISTRY_UNAVAILABLE');
      expect(refused).not.toContain(postgres.password);
      const none = { ...at(database.replace(/registry/, 'none')), waiting: () => void waits++ };
      expect(await messageOf(open('b', { server: none }))).toContain('REGISTRY_UNAVAILABLE');
      const away = open('c', {
        server: at('postgres://127.0.0.1:1/x'),
        waiting: (error) => {
          throw error;
        },
      });
      expect(await messageOf(away)).toContain('ECONNREFUSED');
    });

    it('speaks TLS, and only to the server that its authority vouches for', async () => {
      const key = path.join(folder, 'key');
      const ca = path.join(folder, 'certificate');
      chmodSync(folder, 0o711);
      const made = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ];
      const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync('openssl', [...made, '-keyout', key, '-out', ca, ...names], { stdio: 'ignore' });
      chmodSync(ca, 0o644);
      await postgres.crash();
      await postgres.start({ certificate: ca, key });
      try {
        const tls = { ca: readFileSync(ca, 'utf8') };
        const registry = await open('a', { server: { ...at(database), tls } });
        expect(await registry.queries.counts()).toMatchObject({ parties: 0 });
        expect(await messageOf(open('b', { server: { ...at(database), tls: {} } }))).toContain('self-signed');
        expect(await messageOf(open('b'))).toContain('REGISTRY_UNAVAILABLE');
      } finally {
        await postgres.crash();
        await postgres.start();
      }
    });

    it('is reached by a socket of the machine', async () => {
      const registry = await open('a', { server: at(postgres.socketUrl(database)) });
      expect(await registry.queries.counts()).toMatchObject({ parties: 0 });
    });
  });
});

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
