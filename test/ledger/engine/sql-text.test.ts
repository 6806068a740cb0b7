import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { completeStatement, quoteName, quoteString, substituteParameters } from '../../../ledger/engine/parameters.ts';
import { readStatement } from '../../../ledger/engine/sql-text.ts';

const bind = (sql: string, values: Record<string, string>): string =>
  substituteParameters(readStatement(sql), new Map(Object.entries(values)));

describe('reading a statement', () => {
  it('tells kinds apart behind comments and brackets', () => {
    const kindOf = (sql: string): string => readStatement(sql).kind;
    expect(kindOf('/* x */ -- y\n select 1')).toBe('select');
    expect(kindOf('(SELECT 1) UNION ALL (SELECT 2)')).toBe('select');
    expect(kindOf('WITH 1 AS x SELECT x')).toBe('select');
    expect(kindOf('insert into t format Native')).toBe('insert');
    expect(kindOf('SHOW TABLES')).toBe('show');
    expect(kindOf('set max_threads = 1')).toBe('session');
    expect(kindOf('DROP TABLE t')).toBe('other');
  });

  it('cuts trailing semicolons and refuses a second statement', () => {
    expect(readStatement('SELECT 1 ; -- done\n').sql).toBe('SELECT 1');
    expect(() => readStatement('SELECT 1; DROP TABLE t')).toThrow('Multi-statements');
    expect(() => readStatement(' -- nothing')).toThrow('Empty query');
  });

  it('sees no code inside quotes, comments and heredocs', () => {
    const sql = `SELECT ';{a:String}' AS \`;\`, "x;" /* ;{b:String} */, $t$;{c:String}$t$, 'it''s;', 'a\\';' -- ;`;
    expect(readStatement(sql).placeholders).toEqual([]);
    expect(() => readStatement(`SELECT 'open`)).toThrow('never closed');
    expect(() => readStatement('SELECT /* open')).toThrow('never closed');
  });

  it('finds the format of the statement, not of a subquery', () => {
    expect(readStatement('SELECT 1 FORMAT TSV').format).toBe('TSV');
    expect(readStatement('SELECT 1 FORMAT JSON SETTINGS max_threads = 1').format).toBe('JSON');
    expect(readStatement(`SELECT format('{}', 1)`).format).toBeUndefined();
  });

  it('notices files', () => {
    expect(readStatement(`SELECT 1 INTO OUTFILE '/tmp/x'`).namesFile).toBe(true);
    expect(readStatement(`INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV`).namesFile).toBe(true);
    expect(readStatement('SELECT outfile FROM t').namesFile).toBe(false);
  });
});

describe('parameters', () => {
  it('become one quoted literal of their type', () => {
    expect(bind('SELECT {a:String}, {b:UInt8}', { a: `x' OR 1=1`, b: '7' })).toBe(
      `SELECT _CAST('x\\' OR 1=1', 'String'), _CAST('7', 'UInt8')`,
    );
    expect(bind('SELECT * FROM {t:Identifier}', { t: 'a`; DROP TABLE b' })).toBe('SELECT * FROM `a\\`; DROP TABLE b`');
    expect(bind('SELECT {a:Nullable(String)}', { a: '\\N' })).toBe(`SELECT _CAST(NULL, 'Nullable(String)')`);
  });

  it('must be there', () => {
    expect(() => bind('SELECT {a:String}', {})).toThrow('Substitution `a` is not set');
    expect(() => bind('SELECT {a:String}', { a: '\\N' })).toThrow('cannot be NULL');
  });

  it('never change what kind of statement it is, whatever their value', () => {
    const hostile = fc.string({
      unit: fc.constantFrom("'", '\\', '\n', ';', '-', '/', '*', '`', '"', 'a', '$', '{', '}'),
    });
    fc.assert(
      fc.property(hostile, (value) => {
        const bound = bind('SELECT {a:String} AS x FORMAT TSV', { a: value });
        const read = readStatement(bound);
        expect([read.kind, read.format, read.sql]).toEqual(['select', 'TSV', bound]);
        expect(bound).not.toContain('\n');
      }),
    );
  });

  it('keep settings inside their clause', () => {
    const complete = (sql: string, settings: Record<string, string>): string =>
      completeStatement(readStatement(sql), new Map(), new Map(Object.entries(settings)));
    expect(complete('SELECT 1 FORMAT TSV', { max_threads: '1' })).toBe('SELECT 1 FORMAT TSV\nSETTINGS max_threads = 1');
    expect(complete('SELECT 1', { a: `1, b = '2` })).toBe(`SELECT 1\nSETTINGS a = '1, b = \\'2'`);
    expect(complete('SELECT 1 SETTINGS a = 3', { a: '1' })).toBe('SELECT 1 SETTINGS a = 3');
    expect(complete('ALTER TABLE t DELETE WHERE 1 SETTINGS a = 3', { b: '1' })).toBe(
      'ALTER TABLE t DELETE WHERE 1 SETTINGS a = 3, b = 1',
    );
    expect(() => complete('SELECT 1', { 'a = 1, b': '2' })).toThrow('Bad name');
    expect(quoteName('a`b\\')).toBe('`a\\`b\\\\`');
    expect(quoteString('\0\n\t')).toBe(`'\\0\\n\\t'`);
  });
});
