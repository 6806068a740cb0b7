import path from 'node:path';

/** The journal of the ledger's writes in a data directory. */
export function totalsFile(dataDir: string): string {
  return path.join(dataDir, 'ledger', 'totals');
}
