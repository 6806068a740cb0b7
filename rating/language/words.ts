/** A tariff file in words: what it prices, how the price is found, what a period costs beside it. */
import type { TariffFile, TariffFilePrice, TariffFileRule } from '../../schemas/tariff.ts';

const ROUNDED: Record<TariffFile['rounding']['at'], string> = {
  record: 'each record',
  session: 'each session',
  day: 'each day of a line',
  line: 'each line of a period',
  document: 'the sum of a document',
};

/** Lines of text; those that belong to the one above are indented. */
export function tariffWords(file: TariffFile): string[] {
  const { title, tax, rounding } = file;
  return [
    `${file.name}${title === undefined ? '' : `: ${title}`}`,
    `From ${file.effective}, for ${file.service}, in ${file.currency}, by the clock of ${file.timeZone}.`,
    `Prices ${tax.included ? 'contain' : 'are without'} ${tax.percent} % tax; ${ROUNDED[rounding.at]} is rounded ` +
      `${rounding.mode} to ${rounding.decimals} decimals.`,
    ...(file.payee === undefined ? [] : [`The money is collected for ${file.payee}.`]),
    ...zoneWords(file),
    ...bandWords(file),
    ...energyWords(file),
    'The first rule that fits a usage prices it:',
    ...file.rules.map((rule, index) => `  ${index + 1}. ${ruleWords(rule)}`),
    ...periodWords(file.period ?? {}),
    `${file.tests?.length ?? 0} tests stand in it.`,
  ];
}

function zoneWords({ zones, zonesFile, zonesOf }: TariffFile): string[] {
  const counted = Object.entries(zones ?? {}).map(([name, prefixes]) => `${name} (${prefixes.join(' ')})`);
  if (zonesFile !== undefined) counted.push(`those of ${zonesFile}`);
  if (counted.length === 0) return [];
  return [`Zones by the longest prefix of the ${zonesOf ?? 'calledParty'}: ${counted.join(', ')}.`];
}

function bandWords({ bands, registers, clock, crossing }: TariffFile): string[] {
  const codes = Object.entries(registers ?? {}).map(([name, list]) => `${name} (${list.join(' ')})`);
  if (codes.length > 0) return [`Bands by the register of the meter: ${codes.join(', ')}.`];
  const spans = Object.entries(bands ?? {}).map(([name, list]) => {
    const shown = list.map(({ days, season, from, to }) =>
      [
        [season ?? []].flat().join(' or '),
        (days ?? []).join(' '),
        from === undefined ? 'all day' : `${from} to ${to ?? '24:00'}`,
      ]
        .filter(Boolean)
        .join(' '),
    );
    return `  ${name}: ${shown.join('; ')}`;
  });
  if (spans.length === 0) return [];
  const by = clock === undefined || clock === 'local' ? 'the local clock' : `the clock ${clock}`;
  return [`Bands by ${by}, ${crossing ?? 'by-start'} where a usage crosses a border:`, ...spans];
}

function energyWords({ energy }: TariffFile): string[] {
  if (energy === undefined) return [];
  const factor = (value: NonNullable<typeof energy.correction>) =>
    typeof value !== 'object'
      ? value
      : 'attribute' in value
        ? `attribute ${value.attribute}`
        : `${value.file} by day${value.area === undefined ? '' : ` and area (attribute ${value.area})`}`;
  const { calorific, correction = '1', dayBegins = '00:00', round = '1Wh' } = energy;
  return [
    `Cubic metres become energy: × correction (${factor(correction)}) × ${energy.in ?? 'kWh'} per m3 (${factor(calorific)}), ` +
      `rounded half-up to ${round}; a gas day begins at ${dayBegins}.`,
  ];
}

function ruleWords(rule: TariffFileRule): string {
  return `${whereWords(rule)}: ${priceWords(rule.price)}`;
}

/** What a rule is for. */
export function whereWords({ zone, band, register, when, component }: Omit<TariffFileRule, 'price'>): string {
  const where = [
    zone === undefined ? '' : `to ${[zone].flat().join(', ')}`,
    band === undefined ? '' : `in ${[band].flat().join(', ')}`,
    register === undefined ? '' : `register ${[register].flat().join(', ')}`,
    when === undefined ? '' : `when ${keysAndValues(when)}`,
  ].filter(Boolean);
  const name = component === undefined ? '' : ` (${component})`;
  return `${where.length === 0 ? 'everything' : where.join(', ')}${name}`;
}

export function priceWords(price: TariffFilePrice): string {
  const { price: amount, per, share, series, tiers, setup, first, then, firstPrice, unit, step } = price;
  const parts: string[] = [];
  if (setup !== undefined) parts.push(`${setup} once`);
  if (tiers !== undefined) {
    const shown = tiers.map(
      (tier) => `${tier.upTo === undefined ? 'then' : `up to ${tier.upTo}`} ${tier.price} per ${tier.per}`,
    );
    parts.push(`${shown.join(', ')}${price.whole === true ? ' for all of it' : ''}`);
  } else if (share !== undefined) parts.push(`${share.percent} % of ${share.of} per ${per}`);
  else if (series !== undefined)
    parts.push(`the price of ${series}${amount === undefined ? '' : ` and ${amount} per ${per}`}`);
  else parts.push(`${amount} per ${per}`);
  if (first !== undefined) parts.push(`the first ${first}${firstPrice === undefined ? '' : ` for ${firstPrice}`}`);
  if (then !== undefined) parts.push(`steps of ${then}`);
  if (unit !== undefined && unit !== 'exact') parts.push(`${unit} steps of ${step ?? per}`);
  if (price.percent !== undefined) parts.push(`${price.percent} % on it`);
  if (price.minimum !== undefined) parts.push(`at least ${price.minimum}`);
  if (price.cap !== undefined) {
    parts.push(price.atCap === 'disconnect' ? `ends at ${price.cap}` : `at most ${price.cap}`);
  }
  if (price.freeUnder !== undefined) parts.push(`free under ${price.freeUnder}`);
  return parts.join(', ');
}

/** Components of a period, each with what the file says of it. */
function periodWords(period: object): string[] {
  const lists = Object.entries(period).filter((entry): entry is [string, object[]] => Array.isArray(entry[1]));
  const other = Object.entries(period).filter(([, value]) => !Array.isArray(value));
  if (lists.length === 0 && other.length === 0) return [];
  return [
    `Settled for a period${other.length === 0 ? '' : ` (${keysAndValues(Object.fromEntries(other))})`}:`,
    ...lists.flatMap(([kind, entries]) =>
      entries.map((entry) => {
        const { component, ...rest } = entry as { component?: string };
        return `  ${kind}: ${component ?? ''}, ${keysAndValues(rest)}`;
      }),
    ),
  ];
}

function keysAndValues(values: object): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${valueWords(value)}`)
    .join(', ');
}

export function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueWords).join('; ');
  return typeof value === 'object' && value !== null ? `(${keysAndValues(value)})` : String(value);
}
