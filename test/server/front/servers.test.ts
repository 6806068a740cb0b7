/** The town with its registry on a PostgreSQL server. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePostgres, postgresFolder, type PostgresServer } from '../../support/postgres.ts';
import { System, townFiles } from './system.ts';

const START_MS = 60_000;
const bin = postgresFolder();

describe.skipIf(bin === null)('a Tollgrid with servers of its own', () => {
  let folder: string;
  let postgres: PostgresServer;
  let system: System;
  let servers: { registry: Record<string, unknown> };

  const start = async (): Promise<void> => {
    system = await System.start({ folder, servers });
  };

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
    postgres = await makePostgres(bin!);
    await postgres.start();
    const passwordFile = path.join(folder, 'password');
    fs.writeFileSync(passwordFile, `${postgres.password}\n`);
    servers = { registry: { url: postgres.newDatabase(), passwordFile } };
    await start();
  }, START_MS);
  afterAll(async () => {
    await system?.remove();
    await postgres?.remove();
  });

  it('takes usage while PostgreSQL is gone, and changes of customers when it is back', async () => {
    await postgres.crash();
    for (const { source, name, format, bytes } of townFiles()) await system.feed(source, name, format, bytes);
    const party = { kind: 'party', id: 'P-new', name: 'New' } as const;
    await expect(system.services.registryChange({ objects: [party], by: 'test' })).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
    await postgres.start();
    expect(await system.services.registryChange({ objects: [party], by: 'test' })).toMatchObject({ created: 1 });
    const { checks } = await system.services.verify();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ name }) => name)).toContain('registry: every object as the log says');
    expect((await system.audit()).closes).toBe(true);
  });
});
