/** Outputs whose secrets or positions are missing: the others go on, and they begin by themselves. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type OutputConfig } from '../../../platform/config.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { Registry } from '../../../registry/index.ts';
import type { Target } from '../../../outputs/index.ts';
import { Outputs, type OutputsParts } from '../../../server/front/outputs.ts';
import { Processed } from '../../../server/front/processed.ts';
import { until } from '../../collectors/support.ts';

let dataDir: string;
let secret: string;
let configs: readonly OutputConfig[];
let head = 0;
let warned: string[];
let outputs: Outputs;

const nowhere: Target = {
  where: 'nowhere',
  failure: null,
  open: () => Promise.resolve(),
  send: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

beforeEach(() => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-outputs-'));
  secret = path.join(dataDir, 'secret');
  const file = path.join(dataDir, 'tollgrid.yaml');
  const kafka = { brokers: ['127.0.0.1:1'], topic: 'charges' };
  const sasl = { mechanism: 'plain', username: 'town', passwordFile: secret };
  const lake = { name: 'lake', from: 'now', kafka: { ...kafka, brokers: ['kafka.example:9092'], sasl } };
  fs.writeFileSync(file, JSON.stringify({ dataDir, outputs: [lake, { name: 'open', kafka }] }));
  configs = loadConfig({ path: file, env: {} }).outputs;
  [head, warned] = [7, []];
  const parts: OutputsParts = {
    ...{ dataDir, configs, processed: new Processed(), headNo: () => head, now: () => 0 },
    log: { warn: ({ output, code }: Record<string, string>) => warned.push(`${output} ${code}`) } as unknown as Logger,
    ledger: () => null as never,
    registry: () => null as unknown as Registry,
  };
  outputs = new Outputs(parts, () => nowhere, 2);
});
afterEach(async () => {
  await outputs.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

const entries = (): (number | null)[] => outputs.list().map(({ entry }) => entry);

describe('an output of a restored directory', () => {
  const position = (name: string, entry: number): void => {
    fs.mkdirSync(path.join(dataDir, 'outputs'), { recursive: true });
    fs.writeFileSync(path.join(dataDir, 'outputs', `${name}.json`), JSON.stringify({ entry, after: null, sent: 1 }));
  };

  it('goes on where the backup says, whatever its `from`, and with the next entry when it was further', async () => {
    fs.writeFileSync(secret, 'hush', { mode: 0o600 });
    position('lake', 5);
    position('open', 12);
    await outputs.start();
    expect(entries()).toEqual([5, 7]);
    expect(warned).toEqual(['lake PASSWORD_IN_CLEAR', 'open OUTPUT_POSITION_AHEAD']);
  });
});

describe('an output without its secret', () => {
  it('says so once, while the others begin, and begins by itself where it would have begun', async () => {
    await outputs.start();
    expect([entries(), outputs.list()[0].state]).toEqual([[null, 0], 'waiting']);
    expect(outputs.list()[0].detail).toMatch(/^SECRET_UNREADABLE/);
    // Several tries further.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(warned).toEqual(['lake PASSWORD_IN_CLEAR', 'lake SECRET_UNREADABLE']);
    // Another failure is said again.
    fs.mkdirSync(secret);
    await until(() => warned.length === 3);
    fs.rmdirSync(secret);
    head = 9;
    fs.writeFileSync(secret, 'hush', { mode: 0o600 });
    await until(() => entries()[0] !== null);
    expect(entries()).toEqual([7, 0]);
    expect(new Set(warned.slice(1))).toEqual(new Set(['lake SECRET_UNREADABLE']));
  });

  it('is not tried any more after the stop', async () => {
    await outputs.start();
    await outputs.stop();
    fs.writeFileSync(secret, 'hush', { mode: 0o600 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(entries()).toEqual([null, 0]);
  });
});
