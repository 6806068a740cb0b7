import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLedger, type LedgerClient } from '../../../ledger/index.ts';
import { loadConfig } from '../../../platform/config.ts';
import { startFront, type Front } from '../../../server/index.ts';
import { townFiles, writeConfig } from './system.ts';

let folder: string;
let front: Front;
let ledger: LedgerClient;

/** Looks at everything as often as it can: what takes an hour elsewhere takes seconds here. */
const WATCH = { everySeconds: 1, roundMinutes: 0, dutyPercentMax: 100, pauseMinutesMax: 0 };

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
  const file = writeConfig(folder, {});
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), watch: WATCH }));
  front = await startFront({ config: loadConfig({ path: file, env: {} }), temporary: false });
  for (const { source, name, format, bytes } of townFiles()) {
    if (source !== 'exchange' && source !== 'water' && source !== 'meters') continue;
    const stream = Readable.from([bytes], { objectMode: false });
    const { lastEntry } = await front.services.ingestFile({ source, name, format, stream });
    await front.services.waitUntilProcessed(lastEntry, 150_000);
  }
  ledger = connectLedger(front.ledgerAddress());
});
afterAll(async () => {
  await ledger.close();
  await front.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const wrong = async (): Promise<string[]> =>
  (await front.services.verify()).checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
const findings = (): string[] => front.services.status().stored.findings;

/** What the watch finds. */
async function watched(pattern: RegExp): Promise<string> {
  for (let i = 0; i < 1200; i++) {
    const found = findings().find((text) => pattern.test(text));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${pattern} was not found; found was: ${findings().join('; ')}`);
}

async function quiet(): Promise<void> {
  for (let i = 0; i < 900 && findings().length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(findings()).toEqual([]);
}

const command = (query: string): Promise<unknown> => ledger.command({ query });

/** Changes one byte of a file and puts it back afterwards. */
async function flipped(file: string, offset: number, use: () => Promise<void>): Promise<void> {
  const flip = (): void => {
    const handle = fs.openSync(file, 'r+');
    const byte = Buffer.alloc(1);
    fs.readSync(handle, byte, 0, 1, offset);
    byte[0] ^= 1;
    fs.writeSync(handle, byte, 0, 1, offset);
    fs.closeSync(handle);
  };
  flip();
  try {
    await use();
  } finally {
    flip();
  }
}

const blob = (): string => {
  const spool = path.join(folder, 'data', 'spool');
  const names = fs.readdirSync(spool, { recursive: true, encoding: 'utf8' });
  return path.join(
    spool,
    names.find((name) => /[0-9a-f]{64}$/.test(name))!,
  );
};

describe('damage of what is stored', () => {
  it('is not found where there is none', async () => {
    const report = await front.services.verify();
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.map(({ name }) => name.split(':')[0])).toEqual([
      ...['log', 'log', 'spool', 'spool', 'ledger', 'ledger', 'ledger', 'ledger'],
      ...['sessions', 'duplicates', 'registry', 'registry'],
    ]);
    await watchedRound();
    expect(findings()).toEqual([]);
    const text = await front.services.metricsText();
    expect(text).toContain('tollgrid_stored_findings 0');
    expect(text).toMatch(/tollgrid_stored_round_seconds \d/);
  });

  async function watchedRound(): Promise<void> {
    for (let i = 0; i < 1200 && front.services.status().stored.lastRoundAt === null; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(front.services.status().stored).toMatchObject({ roundMinutes: 0, everySeconds: 1 });
    expect(front.services.status().stored.lastRoundSeconds).not.toBeNull();
  }

  it('is found in the log: a changed byte', async () => {
    const segment = path.join(folder, 'data', 'log', fs.readdirSync(path.join(folder, 'data', 'log')).sort()[0]);
    await flipped(segment, 400, async () => {
      expect((await wrong()).join()).toMatch(/log: every byte.*LOG_DAMAGED/);
      expect(await watched(/^log: LOG_DAMAGED/)).toContain('entry');
      expect((await front.services.audit({ wait: true })).closes).toBe(false);
    });
    await quiet();
  });

  it('is found in the spool: a changed byte, a cut file, a missing one', async () => {
    const file = blob();
    const name = path.basename(file);
    await flipped(file, 10, async () => {
      expect((await wrong())[0]).toBe(
        `spool: every file under its hash: spool: ${name} does not have the content of that hash`,
      );
      expect(await watched(/^spool: /)).toContain(name);
    });
    const content = fs.readFileSync(file);
    fs.truncateSync(file, 20);
    expect((await wrong()).join()).toMatch(new RegExp(`what slices of files need.*${name} has 20 bytes`));
    fs.rmSync(file);
    expect((await wrong()).join()).toMatch(new RegExp(`what slices of files need.*${name} is missing`));
    fs.writeFileSync(file, content);
    expect(await wrong()).toEqual([]);
    await quiet();
  });

  it('is found in the ledger: a changed byte of a part', async () => {
    const parts = path.join(folder, 'data', 'engine');
    const file = fs
      .readdirSync(parts, { recursive: true, withFileTypes: true })
      .filter((one) => one.name.endsWith('.bin') && !one.parentPath.includes('ledger_schema'))
      .find((one) => fs.statSync(path.join(one.parentPath, one.name)).size > 2_000)!;
    const name = path.join(file.parentPath, file.name);
    await flipped(name, fs.statSync(name).size - 5, async () => {
      expect((await wrong()).join()).toMatch(/the files of every part|LEDGER/);
      expect(await watched(/^ledger: part|could not be looked at/)).toBeTruthy();
    });
    await quiet();
  });

  it('is found in the ledger: rows too many', async () => {
    await command('INSERT INTO charges SELECT * FROM charges ORDER BY entry_no, record_no LIMIT 1');
    expect((await wrong()).join()).toMatch(/control totals of every write: charges \d{6}, entries \d+ to \d+/);
    expect(await watched(/^ledger: charges \d{6}: \d+ rows were written/)).toBeTruthy();
    const report = await front.services.audit({ wait: true });
    expect(report.closes).toBe(false);
    expect(report.checks.filter(({ closes }) => !closes).map(({ name }) => name)).toContain(
      'rated records with charges',
    );
    expect(report.units.some(({ difference }) => difference !== '0')).toBe(true);
    await front.services.rebuild({});
    await quiet();
    expect((await front.services.audit({ wait: true })).closes).toBe(true);
  });

  it('is found in the ledger: a part that was taken away, accounting that is lost', async () => {
    const answer = await ledger.query({
      query: `SELECT name FROM system.parts WHERE active AND table = 'batches' AND database = currentDatabase() ORDER BY name LIMIT 1`,
      format: 'JSONEachRow',
    });
    const [{ name }] = await answer.json<{ name: string }>();
    await command(`ALTER TABLE batches DETACH PART '${name}'`);
    const found = (await wrong()).join();
    expect(found).toMatch(/no part set aside as broken: batches/);
    expect(found).toMatch(/control totals of every write: batches/);
    expect(await watched(/^ledger: part .* of batches was set aside/)).toContain(name);
    const { closes, checks } = await front.services.audit({ wait: true });
    expect(closes).toBe(false);
    const entries = checks.find((check) => check.name === 'entries of the log accounted for once')!;
    expect(entries.detail).toMatch(/^not accounted for: \d+/);
    await front.services.rebuild({});
    await quiet();
    expect(await wrong()).toEqual([]);
  });

  it('is found in the ledger: a call that is not as long as its bytes say', async () => {
    await command(
      "ALTER TABLE charges UPDATE quantity = quantity + 1000 WHERE service = 'voice' AND kind = 1 SETTINGS mutations_sync = 2",
    );
    expect((await wrong()).join()).toMatch(
      /calls and sessions as their bytes decode again: record \d+\.\d+: its bytes say \d+, its charges in view \w+ \d+/,
    );
    await front.services.rebuild({});
    await quiet();
  });

  it('is found in the ledger: changed money and a changed reading, with as many rows as before', async () => {
    await command(
      'ALTER TABLE charges UPDATE amount = amount + 1 WHERE kind = 1 AND entry_no > 0 SETTINGS mutations_sync = 2',
    );
    expect(await watched(/^ledger: charges \d{6}: money .* was written/)).toBeTruthy();
    expect((await wrong()).join()).toMatch(/control totals of every write: charges/);
    await command(
      "ALTER TABLE readings UPDATE digits = digits + 7 WHERE meter = 'E100012' AND read_at > '2026-10-15' SETTINGS mutations_sync = 2",
    );
    const { checks } = await front.services.audit({ wait: true });
    const meters = checks.find((check) => check.name === 'usage of meters as they showed it')!;
    expect(meters.detail).toMatch(/^meter E100012 register 1\.8\.[12]: readings give \d+, retail \d+/);
    await front.services.rebuild({});
    await quiet();
  });
});
