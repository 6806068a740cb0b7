/** Statements on disk, one file per day, never replaced. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Compile } from 'typebox/compile';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';
import { Statement } from '../../schemas/api/statements.ts';

const schema = Compile(Statement);
const NAME = /^(\d{4}-\d{2}-\d{2})\.json$/;

/** Checks the layout only. Error: STATEMENT_INVALID. */
export function readStatement(value: unknown): Statement {
  if (!schema.Check(value)) {
    const first = schema.Errors(value)[0];
    const where = first === undefined ? '' : `: ${first.instancePath} ${first.message}`;
    throw new TollgridError('STATEMENT_INVALID', `That is no statement${where}.`);
  }
  return value;
}

export function statementHash(statement: Statement): string {
  return createHash('sha256').update(canonicalJson(statement)).digest('hex');
}

export class StatementStore {
  private readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Days that have one, ascending. */
  async dates(): Promise<string[]> {
    const names = await readdir(this.dir).catch(() => []);
    return names.flatMap((name) => NAME.exec(name)?.[1] ?? []).sort();
  }

  /** Null when there is none. Error: STATEMENT_INVALID. */
  async read(date: string): Promise<Statement | null> {
    const text = await readFile(path.join(this.dir, `${date}.json`), 'utf8').catch(() => null);
    if (text === null) return null;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new TollgridError('STATEMENT_INVALID', `The statement of ${date} is not JSON.`, { date });
    }
    return readStatement(value);
  }

  async write(statement: Statement): Promise<void> {
    await makeDirectory(this.dir);
    await writeFileDurably(path.join(this.dir, `${statement.date}.json`), `${JSON.stringify(statement, null, 2)}\n`);
  }
}
