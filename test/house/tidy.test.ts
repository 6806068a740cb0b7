import { describe, it, expect } from 'vitest';
import { programFiles, projectFiles, topFolder, type SourceFile } from './support/sources.ts';

const LINES_MAX = 400;

/** Longer files, each with the reason why it is one subject all the same. */
const LONG_FILES: Record<string, string> = {};

/** Lines of the files where the pattern stands, as `file:line`. */
function places(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file.name}:${index + 1}`] : [])),
  );
}

/** The line without its comment: a rule about code must not trip over a sentence about it. */
const withoutComments = (file: SourceFile): SourceFile => ({
  name: file.name,
  text: file.text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, ''),
});

const program = programFiles();
const code = program.map(withoutComments);
const ownText = projectFiles('.ts', '.mjs', '.md', '.json', '.yaml', '.yml').filter(
  (file) => file.name !== 'package-lock.json' && !file.name.startsWith('test/house/'),
);

describe('sources', () => {
  it(`stay below ${LINES_MAX + 1} lines, or say why not`, () => {
    const sources = projectFiles('.ts', '.mjs');
    const long = sources.filter((file) => file.text.split('\n').length - 1 > LINES_MAX && !(file.name in LONG_FILES));
    expect(long.map((file) => file.name)).toEqual([]);
    expect(Object.keys(LONG_FILES).filter((name) => !sources.some((file) => file.name === name))).toEqual([]);
  });

  it('print to the console only in commands and scripts', () => {
    const silent = code.filter((file) => !['cli', 'load-tests'].includes(topFolder(file.name)));
    expect(places(silent, /\bconsole\.\w+\(/)).toEqual([]);
  });

  it('know neither the time nor chance where charges are made', () => {
    const pure = code.filter((file) => /^(mediation|rating|ledger\/native)/.test(file.name));
    expect(places(pure, /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\bperformance\.now\(/)).toEqual(
      [],
    );
  });

  it('know neither files, network nor logger in the rating engine', () => {
    const engine = code.filter((file) => file.name.startsWith('rating/engine/'));
    expect(places(engine, /from '(node:|pino|piscina|fastify|@clickhouse|kysely)/)).toEqual([]);
  });

  it('leave no marks of unfinished work', () => {
    expect(places(ownText, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it('name no place on one machine', () => {
    expect(places(ownText, /(^|[\s'"`(])\/(work|root|Users|home\/(?!tollgrid))\//)).toEqual([]);
  });

  it('have no default exports, but where a thread pool calls one', () => {
    const others = code.filter((file) => !file.name.endsWith('/worker.ts'));
    expect(places(others, /^export default\b/)).toEqual([]);
  });

  it('are never the only test or a switched-off one', () => {
    const tests = projectFiles('.test.ts').filter((file) => !file.name.startsWith('test/house/'));
    expect(places(tests, /\b(it|test|describe)\.(only|todo)\b/)).toEqual([]);
  });

  it('are found at all', () => {
    expect(program.length).toBeGreaterThan(10);
    expect(places([{ name: 'a.ts', text: 'const a = 1;\nconsole.log(a);' }], /console\.\w+\(/)).toEqual(['a.ts:2']);
    expect(withoutComments({ name: 'a', text: '/* Date.now( */ x; // y' }).text).toBe(' x;');
  });
});
