import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, queryRows } from '../../ledger/client.ts';
import { bodyHandover, fileHandover, HANDED_OVER_HEADER } from '../../ledger/handover.ts';
import { openTestLedger, type TestLedger } from './harness.ts';

// A server elsewhere has no folder to hand files over in.
const embedded = process.env['CLICKHOUSE_URL'] ? describe.skip : describe;
const INSERT = 'INSERT INTO handed SETTINGS async_insert = 0 FORMAT TSV';
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** In shared memory, as blocks are. */
const shared = (value: string): Uint8Array => {
  const bytes = new Uint8Array(new SharedArrayBuffer(value.length));
  bytes.set(text(value));
  return bytes;
};

embedded('rows of an insert', () => {
  let ledger: TestLedger;
  let folder: string;
  const values = async (): Promise<string[]> => {
    const rows = await queryRows<{ value: string }>(ledger.client, 'SELECT value FROM handed ORDER BY value');
    await command(ledger.client, 'TRUNCATE TABLE handed');
    return rows.map(({ value }) => value);
  };

  beforeAll(async () => {
    ledger = await openTestLedger();
    folder = ledger.engine!.handoverFolder;
    await command(ledger.client, 'CREATE TABLE handed (value String) ENGINE = MergeTree ORDER BY value');
  });
  afterAll(() => ledger.close());

  it('go as a file in memory, chunk behind chunk, and a shorter file leaves nothing of a longer one', async () => {
    const handover = fileHandover(ledger.client, folder);
    await handover.insert(INSERT, [shared('long-1\nlong-2\n'), text('long-3\n')]);
    expect(await values()).toEqual(['long-1', 'long-2', 'long-3']);
    await handover.insert(INSERT, [shared('short\n')]);
    expect(await values()).toEqual(['short']);
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.handover'));
    expect(await readFile(path.join(folder, file!), 'utf8')).toBe('short\n');
  });

  it('are those of their own insert when several are asked for at once', async () => {
    const handover = fileHandover(ledger.client, folder);
    const names = Array.from({ length: 7 }, (_, no) => `insert ${no}`);
    await Promise.all(names.map((name) => handover.insert(INSERT, [shared(`${name}\n`.repeat(20_000))])));
    const rows = await values();
    expect(names.map((name) => rows.filter((row) => row === name).length)).toEqual(names.map(() => 20_000));
    expect(rows.length).toBe(names.length * 20_000);
  });

  it('go as the body of the request where there is no room for a file', async () => {
    const handover = fileHandover(ledger.client, path.join(ledger.folder, 'elsewhere'), async () => 10);
    await handover.insert(INSERT, [shared('by the '), shared('socket\n')]);
    expect(await values()).toEqual(['by the socket']);
    await bodyHandover(ledger.client).insert(INSERT, [shared('by request\n')]);
    expect(await values()).toEqual(['by request']);
  });

  it('are taken from files of the handover folder only', async () => {
    for (const name of ['../engine.xml', '/etc/passwd', '1.handover/../../x', 'a.handover', '1.insert', '']) {
      const refused = ledger.client.command({ query: INSERT, http_headers: { [HANDED_OVER_HEADER]: name } });
      await expect(refused, name).rejects.toMatchObject({ code: '48' });
    }
    expect(await values()).toEqual([]);
  });
});
