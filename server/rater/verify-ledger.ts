/** The ledger against the journal of its writes and against its own files. Nothing may write meanwhile. */
import {
  checkPart,
  compareMonth,
  comparePartRows,
  detachedParts,
  expectedTotals,
  ledgerParts,
  monthTotals,
  type LedgerClient,
  type LedgerPart,
  type LedgerWriter,
  type MonthExpected,
  type TableName,
} from '../../ledger/index.ts';

export interface LedgerLook {
  parts: LedgerPart[];
  expected: Map<string, MonthExpected>;
  findings: string[];
}

/** What costs no reading: rows per month as the parts claim them, and parts that the engine set aside. */
export async function lookAtParts(ledger: LedgerClient, writer: LedgerWriter): Promise<LedgerLook> {
  const parts = await ledgerParts(ledger);
  const expected = expectedTotals(writer.journalled);
  const findings = comparePartRows(expected, parts).map((text) => `ledger: ${text}`);
  for (const { table, name, reason } of await detachedParts(ledger)) {
    findings.push(`ledger: part ${name} of ${table} was set aside (${reason || 'by hand'}): its rows are missing`);
  }
  return { parts, expected, findings };
}

/** Reads a part's files. Empty when they fit their checksums. */
export async function lookIntoPart(ledger: LedgerClient, { table, name }: LedgerPart): Promise<string[]> {
  const wrong = await checkPart(ledger, table as TableName, name);
  return wrong === null || wrong === 'gone' ? [] : [`ledger: part ${name} of ${table}: ${wrong}`];
}

/** Reads a month's rows and sums them. */
export async function lookAtMonth(ledger: LedgerClient, expected: MonthExpected): Promise<string[]> {
  const wrong = compareMonth(expected, await monthTotals(ledger, expected.table, expected.month));
  return wrong === null ? [] : [`ledger: ${wrong}`];
}

/** Hashes of parts over time: a part is never changed, so its hash never is. */
export class PartHashes {
  private known = new Map<string, string>();

  look(parts: readonly LedgerPart[]): string[] {
    const findings: string[] = [];
    const now = new Map<string, string>();
    for (const { table, name, hash } of parts) {
      const key = `${table} ${name}`;
      const before = this.known.get(key);
      // The first hash stays: a change is told as long as the part is there.
      now.set(key, before ?? hash);
      if (before !== undefined && before !== hash)
        findings.push(`ledger: the files of part ${name} of ${table} changed`);
    }
    this.known = now;
    return findings;
  }
}
