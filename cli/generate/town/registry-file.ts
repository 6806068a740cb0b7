/** The town's `registry.yaml`: parties, accounts, subscriptions with their identifiers and tariffs. */
import type { Customer } from './customers.ts';

interface Line {
  name: string;
  usagePoint?: true;
  identifiers: string[];
  tariffs: string[];
}

const identifier = (kind: string, value: string, more = ''): string => `{ kind: ${kind}, value: ${value}${more} }`;
const tariff = (view: string, service: string, name: string): string =>
  `{ view: ${view}, service: ${service}, tariff: ${name} }`;

function phoneLines(customer: Customer): Line[] {
  if (customer.phoneTariff === undefined) return [];
  const tariffs = [tariff('retail', 'voice', customer.phoneTariff)];
  const lines: Line[] = [];
  const numbers = [
    ...(customer.phone === undefined ? [] : [identifier('number', customer.phone)]),
    ...(customer.numberRange === undefined
      ? []
      : [identifier('numberRange', `${customer.numberRange.from}-${customer.numberRange.to}`)]),
    ...(customer.moved ?? []).map(({ number, from, to }) =>
      identifier(
        'number',
        number,
        (from === undefined ? '' : `, from: ${from}`) + (to === undefined ? '' : `, to: ${to}`),
      ),
    ),
  ];
  if (numbers.length > 0) lines.push({ name: 'phone', identifiers: numbers, tariffs });
  for (const code of customer.accountCodes ?? []) {
    lines.push({ name: code, identifiers: [identifier('accountCode', code)], tariffs });
  }
  return lines;
}

function linesOf(customer: Customer): Line[] {
  const lines = phoneLines(customer);
  if (customer.tollFree !== undefined) {
    lines.push({
      name: 'toll-free',
      identifiers: [identifier('number', customer.tollFree)],
      tariffs: [tariff('retail', 'voice', 'toll-free')],
    });
  }
  if (customer.trunks !== undefined) {
    lines.push({
      name: 'trunks',
      identifiers: customer.trunks.map((trunk) => identifier('trunk', trunk)),
      tariffs: [tariff('interconnect', 'voice', 'interconnect')],
    });
  }
  if (customer.login !== undefined) {
    lines.push({
      name: 'adsl',
      identifiers: [identifier('login', customer.login)],
      tariffs: [tariff('retail', 'data', customer.adslTariff ?? 'adsl-volume')],
    });
  }
  if (customer.electricity !== undefined) {
    const { meter, kind, multiplier } = customer.electricity;
    lines.push({
      name: 'electricity',
      usagePoint: true,
      identifiers: [identifier('meter', meter, `${multiplier === 1 ? '' : `, multiplier: ${multiplier}`}, digits: 6`)],
      tariffs: [tariff('retail', 'electricity', kind === 'interval' ? 'electricity-zones' : 'electricity-day-night')],
    });
  }
  if (customer.waterMeter !== undefined) {
    lines.push({
      name: 'water',
      usagePoint: true,
      identifiers: [identifier('meter', customer.waterMeter, ', digits: 5')],
      tariffs: [tariff('retail', 'water', 'water')],
    });
  }
  return lines;
}

/** A YAML list: on one line when there is one item. */
function list(key: string, items: readonly string[]): string {
  if (items.length === 1) return `    ${key}: [${items[0]}]\n`;
  return `    ${key}:\n${items.map((item) => `      - ${item}\n`).join('')}`;
}

function subscription(customer: Customer, line: Line): string {
  const id = `${customer.account.replace('A-', 'S-')}-${line.name}`;
  return (
    `  - id: ${id}\n    accountId: ${customer.account}\n` +
    (line.usagePoint ? '    usagePoint: true\n' : '') +
    list('identifiers', line.identifiers) +
    list('tariffs', line.tariffs)
  );
}

export function registryFile(customers: readonly Customer[]): string {
  const partyOf = (customer: Customer): string => customer.account.replace('A-', 'P-');
  return [
    '# Made by `tollgrid generate`: all names are invented.\n',
    'parties:\n',
    ...customers.map((customer) => `  - { id: ${partyOf(customer)}, name: ${customer.name} }\n`),
    'accounts:\n',
    ...customers.map(
      (customer) =>
        `  - { id: ${customer.account}, partyId: ${partyOf(customer)}, currency: UAH, timeZone: Europe/Kyiv }\n`,
    ),
    'subscriptions:\n',
    ...customers.flatMap((customer) => linesOf(customer).map((line) => subscription(customer, line))),
  ].join('');
}
