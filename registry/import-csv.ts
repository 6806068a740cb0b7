/**
 * Registry objects from a flat CSV file (RFC 4180, comma or semicolon), one row per subscription:
 *
 *   party_id,party_name,account_id,currency,time_zone,subscription_id,usage_point,number,login,meter,multiplier,digits,tariff:retail:voice,from,to
 *   P-1,Olena Koval,A-1,UAH,Europe/Kyiv,S-1,,380441234567,,,,,town-calls,2026-01-01,
 *
 * Identifier columns are number, number_range, trunk, account_code, login and meter; several values in a cell stand
 * apart by `|`. Tariff columns are named `tariff:<view>:<service>` and hold the tariff's name, attribute columns
 * `attribute:<name>`. `from` and `to` hold for all identifiers, tariffs and attributes of their row; further rows of the same subscription add to it, so that a history is
 * several rows. `party_division`, `account_division`, `division` are optional. Empty cells are absent. Text stays text.
 */
import type {
  AccountInput,
  AttributeInput,
  IdentifierInput,
  PartyInput,
  RegistryInput,
  SubscriptionInput,
} from '../schemas/registry.ts';
import type { ServiceName } from '../schemas/columns/usage-columns.ts';
import type { Located } from './validate.ts';

const IDENTIFIER_COLUMNS = {
  number: 'number',
  number_range: 'numberRange',
  trunk: 'trunk',
  account_code: 'accountCode',
  login: 'login',
  meter: 'meter',
} as const;
const REQUIRED = ['party_id', 'party_name', 'account_id', 'currency', 'time_zone', 'subscription_id'];
const OPTIONAL = [
  'usage_point',
  'multiplier',
  'digits',
  'from',
  'to',
  'party_division',
  'account_division',
  'division',
];
const TARIFF = /^tariff:([^:]+):([^:]+)$/;
const ATTRIBUTE = /^attribute:(.+)$/;
const BOOLEANS: Record<string, boolean> = {
  '': false,
  no: false,
  false: false,
  '0': false,
  yes: true,
  true: true,
  '1': true,
};

/** Reads the rows; mistakes are added as `file:line: text`. */
export function readCsv(text: string, file: string, mistakes: string[]): Located[] {
  const rows = csvRows(text);
  const first = rows.next();
  const header = first.done === true ? [] : first.value.cells.map((name) => name.trim());
  const unknown = header.filter(
    (name) =>
      !REQUIRED.includes(name) &&
      !OPTIONAL.includes(name) &&
      !(name in IDENTIFIER_COLUMNS) &&
      !TARIFF.test(name) &&
      !ATTRIBUTE.test(name),
  );
  const missing = REQUIRED.filter((name) => !header.includes(name));
  const twice = header.filter((name, index) => header.indexOf(name) !== index);
  if (unknown.length > 0) mistakes.push(`${file}:1: unknown columns: ${unknown.join(', ')}`);
  if (missing.length > 0) mistakes.push(`${file}:1: columns are missing: ${missing.join(', ')}`);
  if (twice.length > 0) mistakes.push(`${file}:1: columns stand twice: ${twice.join(', ')}`);
  if (unknown.length + missing.length + twice.length > 0) return [];

  const objects = new ObjectsByKey(file, mistakes);
  for (const { cells, line } of rows) {
    if (cells.length === 1 && cells[0] === '') continue;
    if (cells.length !== header.length) {
      mistakes.push(`${file}:${line}: ${cells.length} cells where the header has ${header.length}`);
      continue;
    }
    const row = new Row(header, cells);
    const fault = row.fault();
    if (fault !== null) mistakes.push(`${file}:${line}: ${fault}`);
    else objects.add(row, line);
  }
  return objects.all();
}

class Row {
  private readonly header: readonly string[];
  private readonly cells: readonly string[];

  constructor(header: readonly string[], cells: readonly string[]) {
    this.header = header;
    this.cells = cells;
  }

  /** '' when the column is absent or the cell empty. */
  text(column: string): string {
    const index = this.header.indexOf(column);
    return index < 0 ? '' : this.cells[index];
  }

  fault(): string | null {
    for (const column of REQUIRED) if (this.text(column) === '') return `${column} is empty`;
    for (const column of ['multiplier', 'digits']) {
      const value = this.text(column);
      if (value !== '' && !/^\d+(\.\d+)?$/.test(value)) return `${column} \`${value}\` is not a number`;
    }
    const usagePoint = this.text('usage_point');
    return usagePoint in BOOLEANS ? null : `usage_point \`${usagePoint}\` must be yes or no`;
  }

  party(): PartyInput {
    return {
      kind: 'party',
      id: this.text('party_id'),
      name: this.text('party_name'),
      ...this.division('party_division'),
    };
  }

  account(): AccountInput {
    return {
      kind: 'account',
      id: this.text('account_id'),
      partyId: this.text('party_id'),
      currency: this.text('currency'),
      timeZone: this.text('time_zone'),
      ...this.division('account_division'),
    };
  }

  subscription(): Required<Pick<SubscriptionInput, 'identifiers' | 'tariffs' | 'attributes'>> & SubscriptionInput {
    const dates = { ...this.given('from'), ...this.given('to') };
    const identifiers: IdentifierInput[] = [];
    const tariffs: SubscriptionInput['tariffs'] & object = [];
    const attributes: AttributeInput[] = [];
    this.header.forEach((column, index) => {
      const cell = this.cells[index];
      if (cell === '') return;
      if (column in IDENTIFIER_COLUMNS) {
        const kind = IDENTIFIER_COLUMNS[column as keyof typeof IDENTIFIER_COLUMNS];
        const facts = kind === 'meter' ? { ...this.number('multiplier'), ...this.number('digits') } : {};
        for (const value of cell.split('|')) identifiers.push({ kind, value, ...facts, ...dates });
      }
      const [, view, service] = TARIFF.exec(column) ?? [];
      if (view !== undefined) tariffs.push({ view, service: service as ServiceName, tariff: cell, ...dates });
      const [, name] = ATTRIBUTE.exec(column) ?? [];
      if (name !== undefined) attributes.push({ name, value: cell, ...dates });
    });
    return {
      kind: 'subscription',
      id: this.text('subscription_id'),
      accountId: this.text('account_id'),
      usagePoint: BOOLEANS[this.text('usage_point')],
      ...this.division('division'),
      identifiers,
      tariffs,
      attributes,
    };
  }

  private division(column: string): { division?: string } {
    const value = this.text(column);
    return value === '' ? {} : { division: value };
  }

  private given(column: 'from' | 'to'): Record<string, string> {
    const value = this.text(column);
    return value === '' ? {} : { [column]: value };
  }

  private number(column: 'multiplier' | 'digits'): Record<string, number> {
    const value = this.text(column);
    return value === '' ? {} : { [column]: Number(value) };
  }
}

/** Parties and accounts stand on many rows: each object once, and the rows must agree. */
class ObjectsByKey {
  private readonly file: string;
  private readonly mistakes: string[];
  private readonly objects = new Map<string, { input: RegistryInput; line: number }>();

  constructor(file: string, mistakes: string[]) {
    this.file = file;
    this.mistakes = mistakes;
  }

  add(row: Row, line: number): void {
    this.once(row.party(), line);
    this.once(row.account(), line);
    const input = row.subscription();
    const key = `subscription ${input.id}`;
    const before = this.objects.get(key);
    if (before === undefined) {
      this.objects.set(key, { input, line });
      return;
    }
    const { identifiers, tariffs, attributes, ...head } = input;
    const earlier = before.input as typeof input;
    const { identifiers: theirs, tariffs: given, attributes: facts, ...first } = earlier;
    if (JSON.stringify(head) !== JSON.stringify(first)) this.disagree(key, line, before.line);
    theirs.push(...identifiers);
    given.push(...tariffs);
    facts.push(...attributes);
  }

  all(): Located[] {
    return [...this.objects.values()].map(({ input, line }) => {
      if (input.kind === 'subscription' && input.attributes?.length === 0) delete input.attributes;
      return { input, at: `${this.file}:${line}` };
    });
  }

  private once(input: RegistryInput, line: number): void {
    const key = `${input.kind} ${input.id}`;
    const before = this.objects.get(key);
    if (before === undefined) this.objects.set(key, { input, line });
    else if (JSON.stringify(before.input) !== JSON.stringify(input)) this.disagree(key, line, before.line);
  }

  private disagree(key: string, line: number, first: number): void {
    this.mistakes.push(`${this.file}:${line}: ${key} stands otherwise on line ${first}`);
  }
}

/** Rows of cells with the line each begins on. Quotes as in RFC 4180; the separator is the header's. */
export function* csvRows(text: string): Generator<{ cells: string[]; line: number }> {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const headerEnd = body.search(/[\r\n]|$/);
  const separator = body.slice(0, headerEnd).includes(';') ? ';' : ',';
  let line = 1;
  let at = 0;
  while (at < body.length) {
    const startLine = line;
    const cells: string[] = [];
    for (let open = true; open;) {
      let cell = '';
      if (body[at] === '"') {
        let end = body.indexOf('"', at + 1);
        while (end >= 0 && body[end + 1] === '"') end = body.indexOf('"', end + 2);
        if (end < 0) end = body.length;
        const quoted = body.slice(at + 1, end);
        line += quoted.split('\n').length - 1;
        cell = quoted.replaceAll('""', '"');
        at = end + 1;
      }
      let end = at;
      while (end < body.length && body[end] !== separator && body[end] !== '\n') end++;
      cells.push(cell + body.slice(at, end).replace(/\r$/, ''));
      open = body[end] === separator;
      at = end + 1;
    }
    line++;
    yield { cells, line: startLine };
  }
}
