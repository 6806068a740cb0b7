/** The tests inside a tariff file, worked out by the model: what it finds itself, and where the file says otherwise. */
import { fields, list, quantity, readDocument, text, type Fields, type Tree } from './document.ts';
import { momentMs } from './local-time.ts';
import type { Money } from './money.ts';
import type { Line } from './lines.ts';
import { recordMoney, settleMonth } from './month.ts';
import { Q } from './rational.ts';
import { readTariff, type ReadFile, type Tariff } from './tariff.ts';
import { priceUsage, type Usage } from './usage.ts';

export interface Verdict {
  name: string;
  source: string;
  note: string;
  /** In words; empty when the file says the same. */
  differences: string[];
  found: string;
}

/** Keys of `expect` that the model has an opinion on; `steps` are words. */
const JUDGED = ['amount', 'tax', 'billed', 'zone', 'band', 'error', 'lines', 'steps', 'authorised'];

export function judge(yaml: string, readFile: ReadFile): Verdict[] {
  const tariff = readTariff(readDocument(yaml), readFile);
  return list(tariff.document.tests).map((tree, index) => {
    const test = fields(tree);
    const [given, expected] = [fields(test.given), fields(test.expect)];
    const found =
      given.period === undefined ? judgeUsage(tariff, given, expected) : judgeMonth(tariff, given, expected);
    const unknown = Object.keys(expected).filter((key) => !JUDGED.includes(key));
    const differences = [...found.differences, ...unknown.map((key) => `${key}: the model does not know this`)];
    return {
      name: text(test.name) || `test ${index + 1}`,
      source: text(test.source),
      note: text(test.note),
      ...found,
      differences,
    };
  });
}

export function usageOf(tariff: Tariff, given: Fields): Usage {
  const size = (tree: Tree | undefined) => Number(quantity(tree, tariff.metered).floor());
  const usage: Usage = {
    startMs: momentMs(text(given.start), tariff.timeZone),
    quantity: size(given.duration ?? given.quantity),
    up: size(given.up),
    done: size(given.done),
    to: text(given.to),
    register: text(given.register),
    from: text(given.from),
    forwardedBy: text(given.forwardedBy),
    direction: text(given.direction) || 'out',
    texts: Object.fromEntries(TEXTS.map((key) => [key, text(given[key])])),
    attributes: fields(given.attributes) as Record<string, string>,
    otherAttributes: fields(given.otherAttributes) as Record<string, string>,
  };
  return given.end === undefined ? usage : { ...usage, endMs: momentMs(text(given.end), tariff.timeZone) };
}

const TEXTS = ['class', 'trunkIn', 'trunkOut', 'accountCode', 'login', 'meter', 'trafficClass'];

type Found = Pick<Verdict, 'differences' | 'found'>;

function judgeUsage(tariff: Tariff, given: Fields, expected: Fields): Found {
  const differences: string[] = [];
  const usage = usageOf(tariff, given);
  const priced = priceUsage(tariff, usage);
  if ('error' in priced) return judgeError(priced.error, expected);
  const money = recordMoney(tariff, usage, priced);
  compareError('none', expected, differences);
  compareMoney('', money, expected, differences);
  compareQuantity('billed', tariff, new Q(priced.billed), expected.billed, differences);
  if (expected.authorised !== undefined) {
    compareQuantity('authorised', tariff, new Q(BigInt(authorised(tariff, usage))), expected.authorised, differences);
  }
  for (const key of ['zone', 'band'] as const) {
    if (expected[key] !== undefined && expected[key] !== priced[key]) differences.push(`${key}: ${priced[key]}`);
  }
  return {
    differences,
    found: `${money.amount.toString()} (tax ${money.tax.toString()}, exact ${priced.sum.toString()})`,
  };
}

function usagesOf(tariff: Tariff, given: Fields): Usage[] {
  const members = Object.entries(fields(given.members)).flatMap(([member, tree]) =>
    list(fields(tree).usage).map((usage) => ({ ...usageOf(tariff, fields(usage)), member })),
  );
  return [...list(given.usage).map((usage) => usageOf(tariff, fields(usage))), ...members];
}

/** The longest part of a usage that its cap pays for. */
function authorised(tariff: Tariff, usage: Usage): number {
  const paid = (quantity: number): boolean => {
    const priced = priceUsage(tariff, { ...usage, quantity });
    return !('error' in priced) && (priced.rule.price.ends === null || priced.sum.compare(priced.rule.price.ends) <= 0);
  };
  let [most, above] = [0, usage.quantity + 1];
  while (above - most > 1) {
    const middle = Math.floor((most + above) / 2);
    if (paid(middle)) most = middle;
    else above = middle;
  }
  return most;
}

function judgeMonth(tariff: Tariff, given: Fields, expected: Fields): Found {
  const differences: string[] = [];
  const month = settleMonth(tariff, given, usagesOf(tariff, given));
  if ('error' in month) return judgeError(month.error, expected);
  compareError('none', expected, differences);
  compareMoney('', month.total, expected, differences);
  for (const tree of list(expected.lines)) {
    const line = fields(tree);
    const same = month.lines.find(
      (one) =>
        one.component === line.component &&
        one.zone === text(line.zone) &&
        one.band === text(line.band) &&
        one.payer === text(line.payer) &&
        one.of === text(line.of),
    );
    const name = [line.component, line.of, line.zone, line.band].filter(Boolean).join(' ');
    if (same === undefined) {
      differences.push(`no line ${name}: ${month.lines.map(lineText).join(', ')}`);
      continue;
    }
    compareMoney(`${name} `, same.money, line, differences);
    compareQuantity(`${name} quantity`, tariff, same.quantity, line.quantity, differences);
  }
  const found = [`${month.total.amount.toString()} (tax ${month.total.tax.toString()})`, ...month.lines.map(lineText)];
  return { differences, found: found.join('; ') };
}

function judgeError(error: string, expected: Fields): Found {
  const differences: string[] = [];
  compareError(error, expected, differences);
  return { differences, found: error };
}

function lineText({ component, zone, band, quantity, money }: Line): string {
  return `${[component, zone, band].filter(Boolean).join(' ')} ${quantity.toString()} = ${money.amount.toString()}`;
}

function compareError(found: string, expected: Fields, differences: string[]): void {
  if ((expected.error ?? 'none') !== found) differences.push(`error: ${found}`);
}

function compareMoney(what: string, found: Money, expected: Fields, differences: string[]): void {
  for (const key of ['amount', 'tax'] as const) {
    const value = expected[key];
    if (value !== undefined && !Q.of(text(value)).equals(found[key])) {
      differences.push(`${what}${key}: ${found[key].toString()}`);
    }
  }
}

function compareQuantity(
  what: string,
  tariff: Tariff,
  found: Q,
  expected: Tree | undefined,
  differences: string[],
): void {
  if (expected === undefined || quantity(expected, tariff.service).equals(found)) return;
  differences.push(`${what}: ${found.toString()} base units`);
}
