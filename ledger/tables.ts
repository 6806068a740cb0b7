/** The ledger's tables as data: DDL, personal-data classes, control sums and docs/ledger.md come from here. */

/** Who a column speaks about: nobody, a customer by number, a customer's traffic, or what arrived word for word. */
export type PersonalData = 'none' | 'pseudonym' | 'traffic' | 'content';

export interface Column {
  name: string;
  /** ClickHouse type, spelled as the server spells it: Native blocks carry it. */
  type: string;
  personal: PersonalData;
  description: string;
}

export interface Table {
  name: string;
  description: string;
  columns: readonly Column[];
  /** Expression that gives a row's month (yyyymm); undefined when the table is not divided by months. */
  month?: string;
  orderBy: string;
  /** Columns whose sums are control totals of a write. */
  sums: { amount?: string; quantity?: string };
}

/** Raised with every change of the tables; a ledger with a higher one is refused. */
export const LEDGER_SCHEMA_VERSION = 2;

function column(name: string, type: string, personal: PersonalData, description: string): Column {
  return { name, type, personal, description };
}

const LC = 'LowCardinality(String)';
const TIME = "DateTime64(3, 'UTC')";
const ADDRESS = [
  column('entry_no', 'UInt64', 'none', 'Log entry that holds the record: the first part of its address.'),
  column('record_no', 'UInt32', 'none', 'Number of the record in that entry.'),
];
const POSTED = column(
  'posted_entry',
  'UInt64',
  'none',
  'Log entry that produced the row; differs from `entry_no` when recycled, settled or reversed.',
);
const KIND = column(
  'kind',
  "Enum8('record' = 1, 'valuation' = 2, 'settlement' = 3)",
  'none',
  'What the row is. Sums of money leave `valuation` out: it prices usage whose line is settled later.',
);
const VIEW = column('view', LC, 'none', 'View of the usage: retail, interconnect…');
const SERVICE = column('service', LC, 'none', 'Service; its base unit counts every quantity.');
const CURRENCY = column('currency', LC, 'none', 'ISO 4217 code; empty when the row has no money.');
const ACCOUNT = column('account_no', 'UInt32', 'pseudonym', 'Dense number of the account in the registry.');
const SUBSCRIPTION = column(
  'subscription_no',
  'UInt32',
  'pseudonym',
  'Dense number of the subscription or usage point.',
);

const charges: Table = {
  name: 'charges',
  description: 'One row per charge with its usage, append-only. A correction is a reversal and a new charge.',
  month: 'toYYYYMM(start_at)',
  orderBy: 'account_no, start_at, identity, charge_no',
  sums: { amount: 'amount', quantity: 'quantity' },
  columns: [
    ...ADDRESS,
    column('charge_no', 'UInt16', 'none', 'Number of the charge among those of its record.'),
    POSTED,
    column('sign', 'Int8', 'none', '1 for a charge, -1 for a reversal, whose quantities and amounts are negated.'),
    KIND,
    ACCOUNT,
    SUBSCRIPTION,
    VIEW,
    SERVICE,
    column('start_at', TIME, 'traffic', 'Start of the usage; the span is [start, end).'),
    column('end_at', TIME, 'traffic', 'End of the usage.'),
    column('identity', 'FixedString(16)', 'pseudonym', 'Digest over the identity fields of the usage.'),
    column('quantity', 'Int64', 'traffic', 'Quantity in base units of the service.'),
    column('quantity_up', 'Int64', 'traffic', 'The part of it that went from the subscriber.'),
    column('party', 'String', 'traffic', 'Number, login or meter of the charged party.'),
    column(
      'other_party',
      'String',
      'traffic',
      'The other end, where there is one; on a settled line whom the money is for, where it is only collected.',
    ),
    column('zone', LC, 'traffic', 'Zone that the tariff found.'),
    column('band', LC, 'none', 'Time band or register.'),
    column('tariff', LC, 'none', 'Tariff and the date from which its version holds: `name@yyyy-mm-dd`.'),
    column(
      'component',
      LC,
      'none',
      'Component of the tariff; empty on record charges, save where a rule has conditions and is settled.',
    ),
    column('billed', 'Int64', 'traffic', 'Quantity after increments and minimum.'),
    CURRENCY,
    column('amount', 'Decimal(18, 6)', 'pseudonym', 'Price, tax included.'),
    column('tax', 'Decimal(18, 6)', 'pseudonym', 'Tax contained in the amount.'),
    column('service_period', 'UInt32', 'none', 'Month (yyyymm) of the usage in the zone of its tariff.'),
    column('posting_period', 'UInt32', 'none', 'Month (yyyymm) in which the charge is billed.'),
    column(
      'corrects',
      'String',
      'none',
      'Address `entry.record.charge` of the charge that this one corrects, or empty.',
    ),
  ],
};

const SUMS = [
  VIEW,
  SERVICE,
  KIND,
  CURRENCY,
  column('records', 'Int64', 'traffic', 'Charges less reversals.'),
  column('quantity', 'Int64', 'traffic', 'Sum of quantities in base units.'),
  column('billed', 'Int64', 'traffic', 'Sum of billed quantities.'),
  column('amount', 'Decimal(38, 6)', 'pseudonym', 'Sum of amounts, tax included.'),
  column('tax', 'Decimal(38, 6)', 'pseudonym', 'Sum of tax.'),
];

const chargesDaily: Table = {
  name: 'charges_daily',
  description: 'Sums of charges per account and day (UTC) of their start, written together with them.',
  month: 'toYYYYMM(day)',
  orderBy: 'account_no, day, view, service, kind, currency',
  sums: { amount: 'amount', quantity: 'quantity' },
  columns: [POSTED, column('day', 'Date', 'traffic', 'Day of the start, UTC.'), ACCOUNT, ...SUMS],
};

const chargesHourly: Table = {
  name: 'charges_hourly',
  description: 'Sums of charges per zone and hour (UTC) of their start, written together with them.',
  month: 'toYYYYMM(hour)',
  orderBy: 'hour, service, zone, view, kind, currency',
  sums: { amount: 'amount', quantity: 'quantity' },
  columns: [
    POSTED,
    column('hour', "DateTime('UTC')", 'none', 'Hour of the start.'),
    column('zone', LC, 'none', 'Zone that the tariff found.'),
    ...SUMS,
  ],
};

const COUNTS: [string, string][] = [
  ['received', 'Records decoded.'],
  ['rated', 'Records that became charges.'],
  ['absorbed', 'Records that are part of a session or reading chain, or context.'],
  ['duplicate', 'Records seen before.'],
  ['superseded', 'Records replaced by a revision.'],
  ['filtered', 'Records that the format leaves out.'],
  ['rejected', 'Records that can never be used.'],
  ['suspended', 'Records that wait for a cure.'],
  ['written_off', 'Records given up by a command.'],
];

const batches: Table = {
  name: 'batches',
  description: 'What became of the records of an entry, as differences: a recycled record is -1 suspended, +1 rated.',
  orderBy: 'posted_entry, entry_no',
  sums: { quantity: 'received' },
  columns: [
    POSTED,
    ADDRESS[0],
    column('file_entry', 'UInt64', 'none', 'Log entry of the file, or the entry itself for pushed usage.'),
    column('source', LC, 'none', 'Source that delivered it.'),
    column('accepted_at', TIME, 'none', 'When the entry was accepted.'),
    ...COUNTS.map(([name, description]) => column(name, 'Int64', 'none', description)),
  ],
};

const controls: Table = {
  name: 'controls',
  description:
    'Sums that rating computed, before anything reached the ledger: the audit holds them against the charges.',
  orderBy: 'posted_entry, entry_no',
  sums: { amount: 'amount', quantity: 'quantity' },
  columns: [
    POSTED,
    ADDRESS[0],
    VIEW,
    SERVICE,
    KIND,
    CURRENCY,
    column('rows', 'Int64', 'none', 'Charges less reversals.'),
    column('quantity', 'Int64', 'none', 'Sum of quantities in base units.'),
    column('amount', 'Decimal(38, 6)', 'none', 'Sum of amounts, tax included.'),
  ],
};

const suspense: Table = {
  name: 'suspense',
  description: 'Records that wait, and what became of them later; the last row of an address is its state.',
  orderBy: 'entry_no, record_no, posted_entry',
  sums: {},
  columns: [
    POSTED,
    ...ADDRESS,
    column('state', "Enum8('suspended' = 1, 'resolved' = 2)", 'none', 'Whether the record still waits.'),
    column(
      'resolution',
      LC,
      'none',
      'What it became: rated, duplicate, filtered, absorbed, rejected, writtenOff; or empty.',
    ),
    column('code', LC, 'none', 'Why it waits: a code of docs/errors.md.'),
    column('field', LC, 'none', 'Field at fault, or empty.'),
    column('source', LC, 'none', 'Source that delivered it.'),
    column('format', LC, 'none', 'Format that decoded it.'),
    column('accepted_at', TIME, 'none', 'When its entry was accepted.'),
    column('byte_offset', 'UInt64', 'none', 'Where the record starts in its source.'),
    column('identity', 'FixedString(16)', 'pseudonym', 'Digest over the identity fields; zeros when undecoded.'),
    column('bytes', 'String', 'content', 'The record as it arrived.'),
  ],
};

const readings: Table = {
  name: 'readings',
  description: 'Register and interval values of meters, versioned: a revision is a later row.',
  month: 'toYYYYMM(read_at)',
  orderBy: 'subscription_no, meter, register, read_at, posted_entry',
  sums: { quantity: 'digits' },
  columns: [
    POSTED,
    ...ADDRESS,
    SUBSCRIPTION,
    column('meter', 'String', 'pseudonym', 'Number of the meter.'),
    column('register', LC, 'none', 'Register (tariff) of the meter.'),
    column('kind', "Enum8('register' = 1, 'interval' = 2)", 'none', 'Counter value, or consumption of a span.'),
    column('start_at', TIME, 'traffic', 'Start of the interval; of a register value the same as `read_at`.'),
    column('read_at', TIME, 'traffic', 'End of the interval, or the moment of reading.'),
    column('digits', 'Int64', 'traffic', "The meter's own digits."),
    column('scale', 'UInt8', 'none', 'How many of them are decimals.'),
    column('quality', LC, 'none', 'unknown, estimated, actual or verified.'),
  ],
};

const sessions: Table = {
  name: 'sessions',
  description:
    'What packets said of sessions, in the order of the log. Usage of a part is its total after less its total before.',
  orderBy: 'entry_no, record_no, session',
  sums: { quantity: 'quantity' },
  columns: [
    POSTED,
    ...ADDRESS,
    column('session', 'FixedString(16)', 'pseudonym', 'Digest over access server, session id, login and start.'),
    column(
      'event',
      "Enum8('start' = 1, 'interim' = 2, 'stop' = 3, 'closed' = 4)",
      'none',
      'What the packet was; `closed`: it ended this session without being one of its packets.',
    ),
    ACCOUNT,
    SUBSCRIPTION,
    column('source', LC, 'none', 'Source that delivered the packet.'),
    column('nas', LC, 'none', 'Name or address of the access server.'),
    column('session_id', 'String', 'pseudonym', "The access server's id of the session."),
    column('login', 'String', 'pseudonym', 'Login of the subscriber.'),
    column('start_at', TIME, 'traffic', 'Start of the session.'),
    column('last_at', TIME, 'traffic', 'Newest event of the session by then.'),
    column('counted', 'Int64', 'traffic', 'Counters of the packet, both ways together, as they stand there.'),
    column('counted_up', 'Int64', 'traffic', 'What of it went from the subscriber.'),
    column('has_part', 'UInt8', 'none', '0: the packet brought nothing new; 1: the first part, 2: a later one.'),
    column('before_at', TIME, 'traffic', 'Where the part begins.'),
    column('before_quantity', 'Int64', 'traffic', 'Total of the session before the part.'),
    column('before_up', 'Int64', 'traffic', 'What of it went from the subscriber.'),
    column('after_at', TIME, 'traffic', 'Where the part ends.'),
    column('quantity', 'Int64', 'traffic', 'Total of the session with the part; 0 without one.'),
    column('quantity_up', 'Int64', 'traffic', 'What of it went from the subscriber.'),
    column(
      'marks',
      'String',
      'traffic',
      'Totals where a month or version of a tariff began in the session: milliseconds:up:down, with blanks between.',
    ),
    column('closed', LC, 'none', 'Why the session is closed: stop, restart, port or silence; empty while it goes on.'),
  ],
};

export const TABLES = {
  charges,
  charges_daily: chargesDaily,
  charges_hourly: chargesHourly,
  batches,
  controls,
  suspense,
  readings,
  sessions,
} as const;
export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** Usage as it stands: reversed charges cancel, the remaining one gives zone, band and tariff. */
export const USAGE_VIEW = `
CREATE OR REPLACE VIEW usage AS
SELECT
  account_no, subscription_no, view, service, start_at, end_at, identity,
  sum(c.quantity) AS quantity,
  sum(c.quantity_up) AS quantity_up,
  sum(c.billed) AS billed,
  argMax(c.party, (c.sign, c.posted_entry)) AS party,
  argMax(c.other_party, (c.sign, c.posted_entry)) AS other_party,
  argMax(c.zone, (c.sign, c.posted_entry)) AS zone,
  argMax(c.band, (c.sign, c.posted_entry)) AS band,
  argMax(c.tariff, (c.sign, c.posted_entry)) AS tariff,
  argMax(c.entry_no, (c.sign, c.posted_entry)) AS entry_no,
  argMax(c.record_no, (c.sign, c.posted_entry)) AS record_no
FROM charges AS c
WHERE c.kind IN ('record', 'valuation')
GROUP BY account_no, subscription_no, view, service, start_at, end_at, identity
HAVING sum(c.sign) > 0`;

/**
 * Of the tables' parts. Each write makes one in each table: as it is written it stands in one file, not in two for each
 * column, which costs more than its rows; merging gives the columns files of their own. Merges wait until a dozen parts of a size
 * are there instead of five: each row is written again less often while usage streams in.
 */
const PART_SETTINGS = 'min_level_for_wide_part = 1, merge_selector_base = 12';

export function createTableSql(table: Table): string {
  const columns = table.columns.map(({ name, type }) => `  \`${name}\` ${type}`).join(',\n');
  const partition = table.month ? `\nPARTITION BY ${table.month}` : '';
  return `CREATE TABLE IF NOT EXISTS ${table.name} (\n${columns}\n)\nENGINE = MergeTree${partition}\nORDER BY (${table.orderBy})\nSETTINGS ${PART_SETTINGS}`;
}
