import { describe, it, expect } from 'vitest';
import { TABLE_NAMES, TABLES } from '../../ledger/index.ts';

const CLASSES = ['none', 'pseudonym', 'traffic', 'content'];
const columns = TABLE_NAMES.flatMap((table) => TABLES[table].columns.map((column) => ({ table, ...column })));

describe('columns of the ledger', () => {
  it('say which class of personal data they hold', () => {
    expect(columns.length).toBeGreaterThan(30);
    expect(columns.filter((column) => !CLASSES.includes(column.personal))).toEqual([]);
  });

  it('are described', () => {
    expect(columns.filter((column) => column.description.trim() === '')).toEqual([]);
  });

  it('call what names a person or repeats their words by its class', () => {
    const classOf = (table: string, name: string) =>
      columns.find((column) => column.table === table && column.name === name)?.personal;
    expect(classOf('charges', 'account_no')).toBe('pseudonym');
    expect(classOf('charges', 'other_party')).toBe('traffic');
    expect(classOf('suspense', 'bytes')).toBe('content');
  });
});
