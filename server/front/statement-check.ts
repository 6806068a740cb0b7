/** Checks statements: signature, chain, and the figures computed again; each check names what differs. */
import { canonicalJson } from '../../platform/canonical-json.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { isSigned } from '../../platform/signing.ts';
import { compareFigures, compareJoint } from '../../reports/index.ts';
import type { VerifyReport } from '../../schemas/api/audit.ts';
import type { Statement, StatementCheck } from '../../schemas/api/statements.ts';
import { readStatement, statementHash } from './statement-store.ts';
import { chainAt, endOfDay, figuresOf, lastBefore, type StatementParts } from './statements.ts';

type Check = VerifyReport['checks'][number];
/** The public key that a statement is checked with. */
type KeyOf = (statement: Statement) => Promise<string>;

/** Of one statement, or of all that are stored. Errors: STATEMENT_UNKNOWN, STATEMENT_INVALID. */
export async function checkStatements(parts: StatementParts, wish: StatementCheck): Promise<VerifyReport> {
  const checks: Check[] = [];
  const publicKey = wish.publicKey ?? (await parts.key()).publicKey.pem;
  const keyOf = async ({ key }: Statement): Promise<string> =>
    wish.publicKey ?? (await parts.retiredKey(key)) ?? publicKey;
  if (wish.statement !== undefined) {
    checks.push(...(await checkOne(parts, readStatement(wish.statement), keyOf)));
  } else {
    const dates = wish.date === undefined ? await parts.store.dates() : [wish.date];
    for (const date of dates) checks.push(...(await checkStored(parts, date, keyOf)));
  }
  return { ok: checks.length > 0 && checks.every(({ ok }) => ok), checks };
}

async function checkStored(parts: StatementParts, date: string, keyOf: KeyOf): Promise<Check[]> {
  let statement: Statement | null;
  try {
    statement = await parts.store.read(date);
  } catch (error) {
    return [check(`${date}: its file`, [toTollgridError(error).message])];
  }
  if (statement === null) throw new TollgridError('STATEMENT_UNKNOWN', `There is no statement of ${date}.`, { date });
  const misnamed = statement.date === date ? [] : [`the file of ${date} holds the statement of ${statement.date}`];
  return [
    ...(misnamed.length > 0 ? [check(`${date}: its file`, misnamed)] : []),
    ...(await checkOne(parts, statement, keyOf)),
  ];
}

async function checkOne(parts: StatementParts, statement: Statement, keyOf: KeyOf): Promise<Check[]> {
  const { date } = statement;
  const { signature, ...unsigned } = statement;
  const signed = isSigned(canonicalJson(unsigned), signature, await keyOf(statement));
  return [
    check(`${date}: signature`, signed ? [] : [`it was changed, or signed with another key than ${statement.key}`]),
    check(`${date}: follows from the one before`, await againstPrevious(parts, statement)),
    check(`${date}: the log`, await againstLog(parts, statement)),
    check(`${date}: figures`, await againstLedger(parts, statement)),
    check(`${date}: closes`, statement.closes ? [] : ['it says itself that it does not']),
  ];
}

function check(name: string, wrong: readonly string[]): Check {
  return { name, ok: wrong.length === 0, detail: wrong.join('; ') || 'as it says' };
}

async function againstPrevious({ store, firstEntry }: StatementParts, statement: Statement): Promise<string[]> {
  const { previous, fromEntry, date } = statement;
  const earlier = (await store.dates()).filter((one) => one < date).at(-1);
  if (previous === null) {
    const first = Math.max(1, firstEntry());
    if (earlier !== undefined) return [`it names none, and there is one of ${earlier}`];
    return fromEntry <= first ? [] : [`it is the first one and begins with entry ${fromEntry} instead of ${first}`];
  }
  const before = await store.read(previous.date).catch(() => null);
  if (before === null) return [`the statement of ${previous.date} is missing or cannot be read`];
  return [
    ...(earlier === previous.date ? [] : [`it names the one of ${previous.date}, and there is one of ${earlier}`]),
    ...(statementHash(before) === previous.sha256 ? [] : [`the statement of ${previous.date} was changed`]),
    ...(before.toEntry + 1 === fromEntry
      ? []
      : [`that one ends with entry ${before.toEntry}, this begins with ${fromEntry}`]),
    ...compareJoint(before, statement),
  ];
}

async function againstLog(parts: StatementParts, { date, fromEntry, toEntry, chain }: Statement): Promise<string[]> {
  try {
    const found = await chainAt(parts.reader, toEntry);
    const last = await lastBefore(parts, fromEntry, endOfDay(date));
    return [
      ...(found === chain ? [] : [`the chain at entry ${toEntry} is ${found}, the statement has ${chain}`]),
      ...(last === toEntry ? [] : [`the last entry of the day is ${last}, the statement has ${toEntry}`]),
    ];
  } catch (error) {
    const { code, message } = toTollgridError(error);
    // Signed figures outlive the entries they were made from.
    return code === 'LOG_ENTRY_RETIRED' ? [] : [`${code}: ${message}`];
  }
}

async function againstLedger(parts: StatementParts, statement: Statement): Promise<string[]> {
  const { fromEntry, toEntry } = statement;
  if (!(await parts.processed(toEntry))) return [`the ledger has not come to entry ${toEntry} yet`];
  return compareFigures(statement, await figuresOf(parts.ledger(), fromEntry, toEntry));
}
