/** `tollgrid verify`: reads everything that is stored, holds it against what was written, and names what differs. */
import path from 'node:path';
import {
  compareSeals,
  sealRows,
  sessionDifferences,
  type LedgerClient,
  type LedgerWriter,
} from '../../ledger/index.ts';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { CHAIN_START, LogReader, Spool } from '../../platform/log/index.ts';
import { readBase } from './base.ts';
import type { VerifyCheck } from './messages.ts';
import { sampleDecoded } from './verify-decoded.ts';
import { lookAtParts, lookIntoPart } from './verify-ledger.ts';
import { FilePlaces, walkEntries } from './verify-log.ts';

export interface VerifyParts {
  ledger: LedgerClient;
  writer: LedgerWriter;
  logDir: string;
  spool: Spool;
  processedNo: number;
  /** Reads the identities that are kept on disk. Error: IDENTITIES_DAMAGED. */
  checkIdentities(): Promise<void>;
  /** Runs work on the ledger while nothing is written. */
  withLedger<T>(work: () => Promise<T>): Promise<T>;
}

/** A detail names so many things; the rest is counted. */
const NAMED = 5;
/** Entries that are decoded again: a look into the charges of one is a walk over all of them. */
const DECODED_ENTRIES = 20;

export async function verifyStored(parts: VerifyParts): Promise<VerifyCheck[]> {
  return [
    ...(await verifyLog(parts)),
    await verifySpool(parts.spool),
    ...(await parts.withLedger(() => verifyLedger(parts))),
    ...(await parts.withLedger(() => verifySealed(parts))),
    await verifyDecoded(parts),
    await verifySessions(parts),
    await verifyIdentities(parts),
  ];
}

async function verifySessions({ ledger, withLedger }: VerifyParts): Promise<VerifyCheck> {
  const { sessions, findings } = await withLedger(() => sessionDifferences(ledger));
  return check('sessions: parts add up to the counters', findings, `${sessions} sessions`);
}

async function verifyIdentities({ checkIdentities }: VerifyParts): Promise<VerifyCheck> {
  const name = 'duplicates: identities kept on disk';
  try {
    await checkIdentities();
    return check(name, [], 'all as written');
  } catch (error) {
    return check(name, [toTollgridError(error).message], '');
  }
}

async function verifyLog({ logDir, spool, processedNo }: VerifyParts): Promise<VerifyCheck[]> {
  const whole = 'log: every byte and the chain of entries';
  if (processedNo === 0) return [{ name: whole, ok: true, detail: 'the log is empty' }];
  // A reader of its own: the rater's one keeps its place.
  const reader = new LogReader(logDir);
  try {
    const start = await reader.start().catch((error: unknown) => toTollgridError(error));
    if (start instanceof TollgridError) return [check(whole, [`log: ${start.code}: ${start.message}`], '')];
    const { firstNo, chain: before } = start;
    const walked = await walkEntries({ reader, spool, places: new FilePlaces() }, firstNo, processedNo, before);
    const { last, damage, content } = walked;
    const chain = Buffer.from(last?.chain ?? CHAIN_START).toString('hex');
    return [
      check(whole, damage, `entries ${firstNo} to ${last?.entryNo ?? 0}, chain ${chain}`),
      check('log: pushed usage under its hash, slices without a gap', content, 'all fit'),
      check('spool: what slices of files need', walked.spool, 'all there'),
    ];
  } finally {
    await reader.close();
  }
}

/** Opened anew, because a file that was put in the place of another must not be read as it was. */
export async function lookAtBlob({ dir }: Spool, sha256: string): Promise<string[]> {
  const fresh = await Spool.open(dir, { owner: false });
  try {
    return (await fresh.isSound(sha256)) ? [] : [`spool: ${sha256} does not have the content of that hash`];
  } catch (error) {
    return [`spool: ${toTollgridError(error).message}`];
  } finally {
    await fresh.close();
  }
}

async function verifySpool(spool: Spool): Promise<VerifyCheck> {
  const findings: string[] = [];
  const blobs = await spool.blobs();
  for (const sha256 of blobs) findings.push(...(await lookAtBlob(spool, sha256)));
  return check('spool: every file under its hash', findings, `${blobs.length} files`);
}

async function verifyLedger({ ledger, writer }: VerifyParts): Promise<VerifyCheck[]> {
  const { writes, differences, detachedParts } = await writer.verify();
  const look = await lookAtParts(ledger, writer);
  const broken: string[] = [];
  for (const part of look.parts) broken.push(...(await lookIntoPart(ledger, part)));
  return [
    check(
      'ledger: control totals of every write',
      differences.map(
        ({ table, month, fromEntry, toEntry, expected, found }) =>
          `${table} ${month}, entries ${fromEntry} to ${toEntry}: expected ${expected.rows} rows and ` +
          `${expected.amount}, found ${found.rows} and ${found.amount}`,
      ),
      `${writes} writes are whole`,
    ),
    check(
      'ledger: no part set aside as broken',
      detachedParts.map(({ table, name, reason }) => `${table} ${name}: ${reason}`),
      'none',
    ),
    check('ledger: the files of every part', broken, `${look.parts.length} parts`),
  ];
}

/** What retention sealed, and the state that stands in the place of the removed entries. */
async function verifySealed({ ledger, logDir }: VerifyParts): Promise<VerifyCheck[]> {
  const name = 'ledger: rows of removed entries as they were sealed';
  try {
    const base = await readBase(path.dirname(logDir));
    if (base === null) return [];
    const { sealedNo, rows } = base.seal;
    return [check(name, compareSeals(rows, await sealRows(ledger, sealedNo)), `entries up to ${sealedNo}`)];
  } catch (error) {
    const { code, message } = toTollgridError(error);
    return [check(name, [`${code}: ${message}`], '')];
  }
}

async function verifyDecoded({ ledger, logDir, spool, processedNo }: VerifyParts): Promise<VerifyCheck> {
  const name = 'ledger: calls and sessions as their bytes decode again';
  const reader = new LogReader(logDir);
  try {
    const { entries, records, findings } = await sampleDecoded({ reader, spool, ledger }, processedNo, DECODED_ENTRIES);
    return check(name, findings, `${records} records of ${entries} entries`);
  } catch (error) {
    const { code, message } = toTollgridError(error);
    return check(name, [`the log cannot be read: ${code}: ${message}`], '');
  } finally {
    await reader.close();
  }
}

export function check(name: string, findings: readonly string[], good: string): VerifyCheck {
  if (findings.length === 0) return { name, ok: true, detail: good };
  const more = findings.length > NAMED ? `; and ${findings.length - NAMED} more` : '';
  return { name, ok: false, detail: findings.slice(0, NAMED).join('; ') + more };
}
