/** The town through processes that share nothing but servers: a collector, an API, a rater, each killed in the middle. */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import { startEngine, type EngineHandle } from '../../../ledger/index.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Status } from '../../../schemas/api/operation.ts';
import { until } from '../../support/until.ts';
import { apiOf, killGroup, runTollgrid } from '../front/command-line.ts';
import { System, TOWN, townFiles, writeConfig } from '../front/system.ts';
import { freePort } from '../front/tollgrid-process.ts';

const LIMIT_MS = 400_000;
const TOKEN = 'stand in';
const PERIOD = '2026-10';

const sources = [...new Map(townFiles().map(({ source, format }) => [source, format]))].map(([name, format]) => ({
  ...{ name, format, directory: path.join(TOWN, 'inbox', name), pollMs: 50 },
}));

type RoleName = 'api' | 'collector' | 'rater';

export function scaledSuite(broker: () => { address: string }): void {
  let folder: string;
  let clickhouse: EngineHandle | undefined;
  const children = new Map<RoleName, ChildProcess>();
  let said = '';

  const start = (role: RoleName): void => {
    const child = runTollgrid('start', '--role', role, '--config', path.join(folder, role, 'tollgrid.yaml'));
    child.stdout!.resume();
    child.stderr!.on('data', (chunk: Buffer) => (said += `${role}: ${chunk.toString()}`));
    children.set(role, child);
  };
  const kill = async (role: RoleName): Promise<void> => {
    const child = children.get(role)!;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the ${role} ended by itself: ${said}`);
    const gone = once(child, 'exit');
    killGroup(child);
    await gone;
  };
  const api = (): Promise<Api> => apiOf(children.get('api')!, path.join(folder, 'api', 'data'));
  const status = async (): Promise<Status | null> => (await api()).get<Status>('/v1/status').catch(() => null);

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-scaled-'));
    const port = await freePort();
    clickhouse = await startEngine({ path: path.join(folder, 'ch'), nice: 0, fixed: { port, token: TOKEN } });
    fs.writeFileSync(path.join(folder, 'password'), TOKEN);
    const ledger = { url: `http://127.0.0.1:${port}`, passwordFile: path.join(folder, 'password') };
    const kafka = { brokers: [broker().address], topic: 'town', collector: 'exchange-1', replicas: 1 };
    for (const role of ['api', 'collector', 'rater']) {
      fs.mkdirSync(path.join(folder, role));
      const options = { folder: path.join(folder, role), sources, sliceBytesMax: 64 * 1024, log: { kafka } };
      writeConfig(path.join(folder, role), { ...options, servers: { ledger } });
    }
  }, LIMIT_MS);
  afterAll(async () => {
    for (const role of children.keys()) await kill(role).catch(() => undefined);
    await clickhouse?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function exported(): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of await (await api()).stream('/v1/export')) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  }

  it(
    'comes to the charges of one process, whichever of them is killed',
    async () => {
      const inside = await System.start({ sources });
      await inside.front.sourcesTaken();
      await inside.processed();
      const { total } = await inside.audit();
      const before = await inside.exportHash();
      await inside.settle(PERIOD);
      const settled = await inside.exportHash();
      await inside.remove();

      for (const role of ['api', 'rater', 'collector'] as const) start(role);
      for (const role of ['collector', 'rater', 'api'] as const) {
        const head = (await status())?.logHead ?? 0;
        await until(`the log went on before the ${role} is killed: ${said}`, async () => {
          const now = await status();
          return (
            now !== null && (now.logHead > head + 5 || (now.processedEntry > 30 && now.processedEntry === now.logHead))
          );
        });
        await kill(role);
        start(role);
      }
      const report = await until(`all is rated: ${said}`, async () => {
        const client = await api();
        const found: AuditReport | null = await client.get<AuditReport>('/v1/audit', { wait: true }).catch(() => null);
        return found !== null && found.total.received >= total.received && found.total.inFlight === 0 ? found : null;
      });
      expect(report.total).toEqual(total);
      expect(report.closes).toBe(true);
      expect(await exported()).toBe(before);

      const client = await api();
      const { entry } = await client.post<{ entry: number }>('/v1/settlements', { period: PERIOD });
      await until('the month is settled', async () => (await status())!.processedEntry >= entry);
      expect(await exported()).toBe(settled);
    },
    LIMIT_MS,
  );
}
