/** A file that grows, is rotated and truncated while Tollgrid runs, stops and starts: each line once. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System } from './system.ts';

const START_MS = 180_000;
const WAIT_MS = 120_000;

let folder: string;
let inbox: string;
let system: System;
let written = 0;

async function start(): Promise<void> {
  const source = {
    name: 'pbx',
    format: 'asterisk-csv-uniqueid',
    directory: inbox,
    pattern: 'Master.csv*',
    mode: 'growing',
    pollMs: 50,
  };
  system = await System.start({ folder, sources: [source], sliceBytesMax: 64 * 1024 });
}

const file = (name = 'Master.csv'): string => path.join(inbox, name);

/** Calls with a key of their own: one that is taken twice would count as a duplicate, one that is torn as suspended. */
function calls(count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    const minute = String(written % 60).padStart(2, '0');
    text +=
      `"","0442209024","0508790401","wards","","SIP/9024-1","SIP/trunk-2","Dial","","2026-10-15 10:${minute}:00",` +
      `"2026-10-15 10:${minute}:10","2026-10-15 10:${minute}:20",20,10,"ANSWERED","DOCUMENTATION","1760.${written++}"\n`;
  }
  return text;
}

/** Waits until that many records were received, and makes sure that no more come and that each was rated. */
async function taken(count: number): Promise<void> {
  await expect.poll(() => system.totals(), { timeout: WAIT_MS }).toEqual({ received: count, rated: count });
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(await system.totals()).toEqual({ received: count, rated: count });
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-growing-'));
  inbox = path.join(folder, 'inbox');
  fs.mkdirSync(inbox);
  fs.writeFileSync(file(), calls(3));
  await start();
}, START_MS);
afterAll(() => system.remove());

describe('a growing file', () => {
  it('is taken as it grows, without its last line while that has no end', async () => {
    await taken(3);
    const text = calls(2);
    fs.appendFileSync(file(), text.slice(0, -20));
    await taken(4);
    fs.appendFileSync(file(), text.slice(-20, -1));
    await taken(4);
    fs.appendFileSync(file(), '\n');
    await taken(5);
  });

  it('is taken to its end when it is rotated, and so is its successor', async () => {
    const writer = fs.openSync(file(), 'a');
    fs.renameSync(file(), file('Master.csv.1'));
    fs.writeSync(writer, calls(2));
    fs.closeSync(writer);
    fs.writeFileSync(file(), calls(2));
    await taken(9);
  });

  it('is taken from its start when it is truncated', async () => {
    fs.truncateSync(file(), 0);
    fs.appendFileSync(file(), calls(1));
    await taken(10);
    fs.appendFileSync(file(), calls(4));
    await taken(14);
  });

  it(
    'goes on after a stop, whatever happened to it meanwhile',
    async () => {
      fs.appendFileSync(file(), calls(1));
      await taken(15);
      const half = calls(1);
      fs.appendFileSync(file(), half.slice(0, 30));
      await system.stop();
      fs.appendFileSync(file(), half.slice(30) + calls(1000));
      fs.renameSync(file('Master.csv.1'), file('Master.csv.2'));
      fs.renameSync(file(), file('Master.csv.1'));
      fs.writeFileSync(file(), calls(1000));
      await start();
      await taken(2016);
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );
});
