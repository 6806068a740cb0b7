/** `period:` of a tariff file: what is settled for a span of time. Meaning of each part: docs/tariffs/period.md. */
import Type, { type Static } from 'typebox';
import {
  choice,
  closed,
  Code,
  Day,
  key,
  Money,
  MonthDay,
  Name,
  oneOrMore,
  Percent,
  Quantity,
  SignedMoney,
  text,
} from './tariff-forms.ts';

const Names = (description: string) => Type.Optional(oneOrMore(Name, description));
const Attribute = (description: string) => Type.Optional(key(Name, description));
const Factor = text('^\\d{1,9}(\\.\\d{1,9})?$', 'a number: digits with an optional decimal point');
const Window = text('^\\d{1,4} ?(min|h)$', 'a length of time: 15min, 1h');
/** Read as text like all figures of a file. */
const Count = text('^[1-9]\\d{0,2}$', 'a whole number from 1 on');
const Power = text('^\\d{1,9}(\\.\\d{1,6})? ?[A-Za-z0-9]+$', 'a quantity with its unit: 1kW, 1Mbps');

export const SCOPES = ['subscription', 'group', 'account'] as const;
export const FEE_PRORATE = ['days', '30-days', 'started', 'none'] as const;
export const LIMITS = ['days', '30-days', 'daily', 'none'] as const;
export const FILLS = ['together', 'shares', 'order', 'apart'] as const;

const Cycle = Type.Optional(
  Type.Union(
    [
      choice(['month', 'account', 'reading', 'year'] as const, 'Calendar month, day of the account, readings, year.'),
      Type.Object(
        { days: Count, from: key(Day, 'First day of one of the cycles.') },
        { ...closed, description: 'So many days each.' },
      ),
      Type.Object(
        { starts: Type.Array(MonthDay, { minItems: 1, maxItems: 12 }) },
        { ...closed, description: 'Seasons, quarters: a cycle begins on each of these days of the year.' },
      ),
    ],
    {
      description: 'How often a line is made; `month` when absent. A cycle is settled with the month of its last day.',
    },
  ),
);
const Billed = Type.Optional(
  choice(['end', 'start'] as const, 'Whether a cycle is settled with the month of its last day, or of its first one.'),
);
const Scope = Type.Optional(
  choice(SCOPES, 'Whose usage counts together: one subscription or usage point, its `group`, or its account.'),
);
const When = Type.Optional(
  Type.Record(Name, oneOrMore(Code, 'Values'), { description: 'Attributes that must have one of these values.' }),
);

/** Keys that every component has. */
const common = {
  component: key(Name, 'Name of the line.'),
  cycle: Cycle,
  billed: Billed,
  scope: Scope,
  when: When,
  payee: Type.Optional(key(Name, 'Whom the money is for, where it is only collected.')),
};
const where = {
  zones: Names('Zones of the usage; all when absent.'),
  bands: Names('Bands or registers of the usage; all when absent.'),
};
const price = {
  price: key(Money, 'Price of `per` units.'),
  per: key(Quantity, 'The quantity that `price` is for.'),
};
const Fee = Type.Object(
  {
    ...common,
    amount: key(Money, 'For one `per`, and one of `times`.'),
    per: Type.Optional(choice(['cycle', 'month', 'day', 'year'] as const, 'What `amount` is for. Default: cycle.')),
    times: Attribute('Attribute that multiplies it: persons, m2, contractedKw.'),
    prorate: Type.Optional(
      choice(FEE_PRORATE, 'Part of a cycle: its share of days (default), days / 30, each started month, or the whole.'),
    ),
    once: Type.Optional(Type.Boolean({ description: 'true: only in the cycle in which the subscription starts.' })),
  },
  { ...closed, description: 'A fixed amount.' },
);

const Allowance = Type.Object(
  {
    ...common,
    ...where,
    quantity: key(Quantity, 'What is included in a cycle.'),
    times: Attribute('Attribute that multiplies it.'),
    each: Type.Optional(Type.Boolean({ description: 'true: each subscription of the scope brings its own.' })),
    priority: Type.Optional(key(text('^\\d{1,3}$', 'a whole number'), 'Lower ones are used first.')),
    expires: Type.Optional(key(Count, 'Days from the start of its cycle.')),
    rollover: Type.Optional(
      Type.Object(
        {
          cycles: key(Count, 'For so many cycles what is left goes on.'),
          atMost: Type.Optional(key(Quantity, 'No more than this is taken along.')),
        },
        closed,
      ),
    ),
    prorate: Type.Optional(choice(['days', 'none'] as const, 'Part of a cycle: its share of days (default), or all.')),
  },
  { ...closed, description: 'A quantity that costs nothing.' },
);

const Step = Type.Object(
  {
    upTo: Type.Optional(key(Quantity, 'Where the step ends; the last has none.')),
    price: Type.Optional(SignedMoney),
    prices: Type.Optional(Type.Record(Name, SignedMoney, { description: 'In place of `price`: one for each band.' })),
    per: Type.Optional(Quantity),
    unit: Type.Optional(
      choice(['exact', 'started', 'full'] as const, 'Whether a started `per` counts whole (a package), or not at all.'),
    ),
    amount: Type.Optional(key(Money, 'Once, when the step is reached: the price of a package.')),
  },
  closed,
);

const Tiers = Type.Object(
  {
    ...common,
    ...where,
    mode: Type.Optional(choice(['graduated', 'whole'] as const, 'whole: the step that is reached prices everything.')),
    adds: Type.Optional(
      Type.Boolean({ description: "true: on top of the usage's own price (excise, network); false: in its place." }),
    ),
    limits: Type.Optional(
      choice(
        LIMITS,
        'Steps in a part of a cycle: share of days (default), limit × days / 30, limit × days, or as they stand.',
      ),
    ),
    fill: Type.Optional(
      choice(
        FILLS,
        'Zones and bands: one line for all (default), steps filled by the total and divided by shares, filled in order ' +
          'of use, or each by itself.',
      ),
    ),
    coefficients: Type.Optional(
      Type.Record(Name, Factor, { description: 'What the price of a step is multiplied with, by band.' }),
    ),
    countsFrom: Type.Optional(
      Type.Array(MonthDay, {
        minItems: 1,
        maxItems: 12,
        description: 'Steps go on from cycle to cycle since the last of these days: heating season, year.',
      }),
    ),
    steps: Type.Array(Step, { minItems: 1 }),
  },
  { ...closed, description: 'A price that depends on how much is used in a cycle.' },
);

const Demand = Type.Object(
  {
    ...common,
    ...where,
    window: Type.Optional(key(Window, 'Intervals over which power is taken. Default: 15min.')),
    of: Type.Optional(
      choice(
        ['maximum', 'excess', 'excess-sum'] as const,
        'The largest window (default), its excess over `contracted`, or the sum of the largest excess of each hour.',
      ),
    ),
    contracted: Attribute('Attribute with the contracted kW.'),
    atLeast: Type.Optional(key(Percent, 'At least this part of `contracted` is billed.')),
    ratchet: Type.Optional(
      Type.Object(
        { percent: Percent, cycles: Count },
        { ...closed, description: 'At least this part of the maximum of so many cycles before.' },
      ),
    ),
    powerFactor: Type.Optional(
      Type.Object(
        {
          target: Factor,
          reactive: oneOrMore(Name, 'Registers of reactive energy.'),
          decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
        },
        { ...closed, description: 'Multiplies with 1 + (target - power factor) where the factor is lower.' },
      ),
    ),
    price: Money,
    per: key(Power, '1kW'),
  },
  { ...closed, description: 'Power: the maximum of a window, by the days of the part.' },
);

const Percentile = Type.Object(
  {
    ...common,
    window: Type.Optional(key(Window, 'Samples. Default: 5min.')),
    percent: Type.Optional(key(Percent, 'Default: 95.')),
    measure: Type.Optional(
      choice(['total', 'up', 'down', 'larger'] as const, 'Which direction counts; larger: of both, at the percentile.'),
    ),
    price: Money,
    per: key(Power, '1Mbps'),
  },
  { ...closed, description: 'Data: the rate that so many percent of all samples of the cycle do not exceed.' },
);

const Reactive = Type.Object(
  {
    ...common,
    active: oneOrMore(Name, 'Registers of active energy.'),
    reactive: oneOrMore(Name, 'Registers of reactive energy.'),
    allowed: key(Factor, 'tan φ that costs nothing.'),
    formula: Type.Optional(
      choice(
        ['excess', 'root'] as const,
        'excess: what is above allowed × active; root: active × (√((1+tan²φ)/(1+allowed²)) - 1).',
      ),
    ),
    factor: Type.Optional(key(Factor, 'What the price is multiplied with.')),
    ...price,
  },
  { ...closed, description: 'Reactive energy above what is allowed.' },
);

const Losses = Type.Object(
  {
    ...common,
    ...where,
    percent: Type.Optional(key(Percent, 'Part of the metered quantity.')),
    percentOf: Attribute('Attribute with that percentage.'),
    transformer: Type.Optional(
      Type.Object(
        {
          ratedKva: Attribute('Attribute with the rated power.'),
          noLoadKw: Attribute('Attribute with the no-load loss.'),
          loadKw: Attribute('Attribute with the load loss.'),
          peakKw: Attribute('Attribute with the highest load; without it the load factor is 0.5.'),
          reactive: Names('Registers of reactive energy.'),
          tanPhi: Type.Optional(key(Factor, 'Without such registers.')),
        },
        { ...closed, description: 'No-load and load loss of a transformer, method of the average load.' },
      ),
    ),
    into: Type.Optional(key(Name, 'Component of `tiers` that prices them together with the metered quantity.')),
    price: Type.Optional(Money),
    per: Type.Optional(Quantity),
  },
  { ...closed, description: "Losses between the meter and the border of ownership: the transformer's side." },
);

const Norm = Type.Object(
  {
    ...common,
    quantity: key(Quantity, 'Of one cycle, for one of `times`.'),
    times: Attribute('Attribute that multiplies it: persons, m2.'),
    unless: Type.Optional(choice(['metered'] as const, 'Only for cycles without usage.')),
    prorate: Type.Optional(choice(FEE_PRORATE, 'As for fees.')),
    ...price,
  },
  { ...closed, description: 'A quantity that is taken for granted where there is no meter.' },
);

const Net = Type.Object(
  {
    ...common,
    import: oneOrMore(Name, 'Registers of what came in.'),
    export: oneOrMore(Name, 'Registers of what went out.'),
    window: Type.Optional(key(Window, 'Netted in each of these; over the whole cycle when absent.')),
    bank: Type.Optional(key(Count, 'Surplus lowers the import of so many later cycles.')),
    into: Type.Optional(key(Name, 'Component of `tiers` that prices the net import.')),
    price: Type.Optional(Money),
    per: Type.Optional(Quantity),
    credit: Type.Optional(
      Type.Object({ component: Name, ...price }, { ...closed, description: 'What is paid for the net export.' }),
    ),
  },
  { ...closed, description: 'Net metering.' },
);

const of = Type.Optional(oneOrMore(Name, 'Components it is taken of; all before it when absent.'));
const Share = Type.Object(
  {
    ...common,
    percent: Percent,
    of,
    above: Type.Optional(key(Money, 'Only when the sum is above this.')),
    mode: Type.Optional(choice(['whole', 'rest'] as const, 'Of the whole sum (default), or of what is above.')),
  },
  { ...closed, description: 'A percentage of lines, as they stand on the bill.' },
);

const Benefit = Type.Object(
  {
    ...common,
    payer: key(Name, 'Who pays it instead: `budget`. Its line stands in the view of that name.'),
    attribute: key(Name, 'Attribute with the category.'),
    categories: Type.Record(Name, Percent, { description: 'Percentage by category.' }),
    of,
    norm: Type.Optional(
      Type.Object(
        {
          quantity: key(Quantity, 'Of one cycle.'),
          each: Type.Optional(key(Quantity, 'For each of `times` beyond `included`.')),
          times: Attribute('persons'),
          included: Type.Optional(key(text('^\\d{1,3}$', 'a whole number'), 'In `quantity`. Default: 1.')),
          atMost: Type.Optional(Quantity),
        },
        { ...closed, description: 'Only usage inside it is reduced.' },
      ),
    ),
  },
  { ...closed, description: 'A statutory benefit: one line off, and one for its payer.' },
);

const Commitment = Type.Object(
  {
    ...common,
    minimum: Type.Optional(Money),
    maximum: Type.Optional(Money),
    of,
    prorate: Type.Optional(choice(['days', 'none'] as const, 'Part of a cycle: its share of days (default), or all.')),
  },
  { ...closed, description: 'The least or the most that lines cost together.' },
);

const list = <T extends ReturnType<typeof Type.Object>>(item: T) => Type.Optional(Type.Array(item, { minItems: 1 }));

export const Period = Type.Object(
  {
    cycle: Cycle,
    split: Type.Optional(
      Type.Union(
        [
          choice(['none', 'days'] as const, 'Usage over a border stays whole, or is divided by time.'),
          Type.Object(
            { profile: Type.Array(Factor, { minItems: 12, maxItems: 12 }) },
            { ...closed, description: 'Divided by time, a day of each month (January first) with its weight.' },
          ),
        ],
        { description: 'Usage over a change of owner, tariff, tax, multiplier or cycle, where no reading divides it.' },
      ),
    ),
    exchange: Type.Optional(
      Type.Object(
        {
          to: Type.String({ pattern: '^[A-Z]{3}$', title: 'an ISO 4217 code: UAH' }),
          rates: Type.Record(Day, Factor, { description: 'What one unit costs, from that day on.' }),
          at: Type.Optional(choice(['end', 'start'] as const, 'Which day of the cycle counts. Default: its last one.')),
        },
        { ...closed, description: 'Lines are posted in the currency of the account.' },
      ),
    ),
    fees: list(Fee),
    allowances: list(Allowance),
    tiers: list(Tiers),
    demand: list(Demand),
    percentile: list(Percentile),
    reactive: list(Reactive),
    losses: list(Losses),
    norms: list(Norm),
    net: list(Net),
    surcharges: list(Share),
    discounts: list(Share),
    benefits: list(Benefit),
    commitments: list(Commitment),
  },
  { ...closed, description: 'What is settled for a span of time; by the month when nothing else is said.' },
);
export type TariffFilePeriod = Static<typeof Period>;
