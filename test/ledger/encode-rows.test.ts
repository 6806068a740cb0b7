import { expect, it } from 'vitest';
import { encodeRows } from '../../ledger/index.ts';
import { row } from './rows.ts';

it('encodes more rows of a month than fit the stack as arguments', () => {
  const rows = Array.from({ length: 150_000 }, (_, no) => ({ ...row('controls'), posted_entry: no }));
  const blocks = encodeRows('controls', rows);
  expect(blocks.map((block) => block.rows)).toEqual([150_000]);
});
