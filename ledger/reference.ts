/** docs/ledger.md, made from the tables. */
import { LEDGER_SCHEMA_VERSION, TABLE_NAMES, TABLES, type Table } from './tables.ts';

const INTRODUCTION = `# The ledger

<!-- Made from ledger/tables.ts by \`npm run generate\`. Do not edit. -->

The ledger is a set of ClickHouse tables, schema version ${LEDGER_SCHEMA_VERSION}. It is append-only and can be computed again from the log:
a correction is a reversal (\`sign = -1\`, quantities and amounts negated) and a new charge. Money is a decimal with six
places, quantities are integers in the base unit of their service, times are UTC.

Every row names the log entry that produced it (\`posted_entry\`). Rows of consecutive entries are written together, one
insert per table and month, so that an insert is there as a whole or not at all; the count and sums of each are kept in the
data directory before it is sent, and \`tollgrid verify\` holds the ledger against them.

**Personal data** classes: *none*; *pseudonym*, a customer by number; *traffic*, what a customer did; *content*, what
arrived word for word.
`;

function section(table: Table): string {
  const rows = table.columns.map(
    ({ name, type, personal, description }) => `| \`${name}\` | \`${type}\` | ${personal} | ${description} |`,
  );
  const partition = table.month ? ` A partition is a month: \`${table.month}\`.` : '';
  return `## ${table.name}

${table.description}${partition} Sorted by \`${table.orderBy}\`.

| column | type | personal data | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

const USAGE = `## usage

A view over \`charges\`: one row per usage and view that stands, with its quantity, billed quantity, parties, zone, band, tariff
and the address of its record. Reversed charges cancel out.
`;

export function ledgerReference(): string {
  return [INTRODUCTION, ...TABLE_NAMES.map((name) => section(TABLES[name])), USAGE].join('\n');
}
