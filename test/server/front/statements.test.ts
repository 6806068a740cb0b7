import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../platform/canonical-json.ts';
import { loadConfig } from '../../../platform/config.ts';
import { SigningKey } from '../../../platform/signing.ts';
import type { Statement } from '../../../schemas/api/statements.ts';
import { startFront, type Front } from '../../../server/index.ts';
import { Readable } from 'node:stream';
import os from 'node:os';
import { townFiles, writeConfig } from './system.ts';

/** A clock that the test turns. */
const clock = { nowMs: Date.UTC(2026, 9, 20, 12), now: () => clock.nowMs };
const DAY_MS = 86_400_000;
let folder: string;
let front: Front;
const services = () => front.services;
const files = townFiles();

async function feed(name: string): Promise<void> {
  const { source, format, bytes } = files.find((file) => file.source === name)!;
  const stream = Readable.from([bytes], { objectMode: false });
  const { lastEntry } = await services().ingestFile({ source, name: `${name}-${clock.nowMs}`, format, stream });
  await services().waitUntilProcessed(lastEntry, 150_000);
}

const stored = (date: string): string => path.join(folder, 'data', 'statements', `${date}.json`);
const wrong = async (wish: Parameters<Front['services']['verifyStatements']>[0] = {}): Promise<string[]> =>
  (await services().verifyStatements(wish)).checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`);

/** Runs `use` with another content of the file of a day. */
async function changed(
  date: string,
  change: (statement: Statement) => unknown,
  use: () => Promise<void>,
): Promise<void> {
  const before = fs.readFileSync(stored(date), 'utf8');
  const statement = JSON.parse(before) as Statement;
  const after = change(statement) ?? statement;
  fs.writeFileSync(stored(date), typeof after === 'string' ? after : JSON.stringify(after));
  try {
    await use();
  } finally {
    fs.writeFileSync(stored(date), before);
  }
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
  const config = loadConfig({ path: writeConfig(folder, {}), env: {} });
  front = await startFront({ config, temporary: false, clock });
  await feed('exchange');
  clock.nowMs += DAY_MS;
  await feed('meters');
  const { entry } = await services().writeOff({ code: 'GUIDE_NO_OWNER', reason: 'test', by: 'test' });
  await services().waitUntilProcessed(entry, 150_000);
  clock.nowMs += 2 * DAY_MS;
  await feed('water');
});
afterAll(async () => {
  await front.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('signed statements', () => {
  it('are refused for a day that is not over, or that does not exist', async () => {
    await expect(services().makeStatement('2026-10-23')).rejects.toMatchObject({ code: 'STATEMENT_DAY_OPEN' });
    await expect(services().makeStatement('2026-02-30')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await services().verifyStatements({})).toEqual({ ok: false, checks: [] });
  });

  it('roll suspense, units and money forward from day to day', async () => {
    const first = await services().makeStatement('2026-10-20');
    const [exchange] = first.records;
    expect(exchange).toMatchObject({ source: 'exchange', opening: 0, difference: 0 });
    expect(exchange.closing).toBeGreaterThan(0);
    const second = await services().makeStatement('2026-10-21');
    expect(second.fromEntry).toBe(first.toEntry + 1);
    const opened = second.records.find(({ source }) => source === 'exchange')!;
    expect(opened).toMatchObject({ opening: exchange.closing, received: 0, difference: 0 });
    expect(opened.writtenOff).toBeGreaterThan(0);
    expect(opened.closing).toBe(exchange.closing - opened.writtenOff);
    expect([first.closes, second.closes]).toEqual([true, true]);
    // Days without entries may be left out: the next one goes on where the last one ended.
    const third = await services().makeStatement('2026-10-22');
    expect(third.toEntry).toBe(second.toEntry);
    clock.nowMs += DAY_MS;
    const fourth = await services().makeStatement('2026-10-23');
    expect(fourth.records.find(({ source }) => source === 'water')!.received).toBeGreaterThan(0);
    expect(await wrong()).toEqual([]);
    expect((await services().verifyStatements({})).checks).toHaveLength(20);
  });

  it('are made once, in order', async () => {
    const before = fs.readFileSync(stored('2026-10-21'), 'utf8');
    const again = await services().makeStatement('2026-10-21');
    expect(again).toEqual(JSON.parse(before));
    expect(fs.readFileSync(stored('2026-10-21'), 'utf8')).toBe(before);
    await expect(services().makeStatement('2026-10-19')).rejects.toMatchObject({ code: 'STATEMENT_OUT_OF_ORDER' });
  });

  it('have a key that only its owner may read, and a public one that checks them elsewhere', async () => {
    const keys = path.join(folder, 'data', 'keys');
    expect(fs.statSync(path.join(keys, 'statements.key')).mode & 0o777).toBe(0o600);
    const { id, publicKey } = await services().statementKey();
    expect(fs.readFileSync(path.join(keys, 'statements.pub'), 'utf8')).toBe(publicKey);
    const statement = (await services().statement('2026-10-20'))!;
    expect(statement.key).toBe(id);
    expect(await wrong({ statement, publicKey })).toEqual([]);
    const other = await SigningKey.open(path.join(folder, 'other'), 'statements');
    expect(await wrong({ date: '2026-10-20', publicKey: other.publicKey.pem })).toEqual([
      `2026-10-20: signature: it was changed, or signed with another key than ${id}`,
    ]);
  });

  it('fail when any figure is changed, and say which', async () => {
    await changed(
      '2026-10-20',
      (statement) => void (statement.records[0].rated += 1),
      async () => {
        const found = await wrong();
        expect(found.find((text) => text.startsWith('2026-10-20: signature'))).toBeDefined();
        expect(
          found.find((text) => /^2026-10-20: figures: exchange rated: \d+ stands in it, \d+ is found now$/.test(text)),
        ).toBeDefined();
        expect(
          found.find((text) =>
            text.includes('2026-10-21: follows from the one before: the statement of 2026-10-20 was changed'),
          ),
        ).toBeDefined();
      },
    );
    expect(await wrong()).toEqual([]);
  });

  it('fail when they are signed again with the right key after a change', async () => {
    const key = await SigningKey.open(path.join(folder, 'data', 'keys'), 'statements');
    await changed(
      '2026-10-21',
      ({ signature: _, ...unsigned }) => {
        unsigned.records.find(({ source }) => source === 'exchange')!.writtenOff += 5;
        return { ...unsigned, signature: key.sign(canonicalJson(unsigned)) };
      },
      async () => {
        const found = await wrong();
        expect(found.map((text) => text.split(': ').slice(0, 2).join(': '))).toEqual([
          '2026-10-21: figures',
          '2026-10-22: follows from the one before',
        ]);
      },
    );
  });

  it('fail when one is taken out, renamed or torn', async () => {
    const content = fs.readFileSync(stored('2026-10-21'), 'utf8');
    fs.rmSync(stored('2026-10-21'));
    expect(await wrong()).toEqual([
      '2026-10-22: follows from the one before: the statement of 2026-10-21 is missing or cannot be read',
    ]);
    fs.writeFileSync(stored('2026-10-21'), content.slice(0, 300));
    expect(await wrong()).toContain('2026-10-21: its file: The statement of 2026-10-21 is not JSON.');
    fs.writeFileSync(stored('2026-10-21'), fs.readFileSync(stored('2026-10-20')));
    expect(await wrong()).toContain('2026-10-21: its file: the file of 2026-10-21 holds the statement of 2026-10-20');
    fs.writeFileSync(stored('2026-10-21'), content);
    expect(await wrong()).toEqual([]);
    await expect(services().verifyStatements({ date: '2026-10-01' })).rejects.toMatchObject({
      code: 'STATEMENT_UNKNOWN',
    });
    await expect(services().verifyStatements({ statement: { date: 'x' } })).rejects.toMatchObject({
      code: 'STATEMENT_INVALID',
    });
  });

  it('hold after the ledger was computed again', async () => {
    await services().rebuild({ threads: 2 });
    expect(await wrong()).toEqual([]);
  });
});
