/** `tollgrid verify`: holds log, totals journal and ledger against each other, and names what differs. */
import type { LedgerClient, LedgerWriter } from '../../ledger/index.ts';
import type { LogReader } from '../../platform/log/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { VerifyCheck } from './messages.ts';

export interface VerifyParts {
  ledger: LedgerClient;
  writer: LedgerWriter;
  reader: LogReader;
  processedNo: number;
}

export async function verifyLedger({ writer, reader, processedNo }: VerifyParts): Promise<VerifyCheck[]> {
  return [await verifyLog(reader, processedNo), ...(await verifyTotals(writer))];
}

async function verifyLog(reader: LogReader, upTo: number): Promise<VerifyCheck> {
  const name = 'log: every byte and the chain of entries';
  if (upTo === 0) return { name, ok: true, detail: 'the log is empty' };
  try {
    const { firstNo, headNo, chain } = await reader.verify(upTo);
    return { name, ok: true, detail: `entries ${firstNo} to ${headNo}, chain ${chain}` };
  } catch (error) {
    const { code, message } = toTollgridError(error);
    return { name, ok: false, detail: `${code}: ${message}` };
  }
}

async function verifyTotals(writer: LedgerWriter): Promise<VerifyCheck[]> {
  const { writes, differences, detachedParts } = await writer.verify();
  const first = differences[0];
  return [
    {
      name: 'ledger: control totals of every write',
      ok: differences.length === 0,
      detail:
        first === undefined
          ? `${writes} writes are whole`
          : `${differences.length} blocks differ; first: ${first.table} ${first.month}, entries ${first.fromEntry} to ` +
            `${first.toEntry}: expected ${first.expected.rows} rows and ${first.expected.amount}, found ` +
            `${first.found.rows} and ${first.found.amount}`,
    },
    {
      name: 'ledger: no part set aside as broken',
      ok: detachedParts.length === 0,
      detail: detachedParts.map(({ table, name, reason }) => `${table} ${name}: ${reason}`).join('; ') || 'none',
    },
  ];
}
