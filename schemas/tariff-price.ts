/** The price of a rule. */
import Type, { type Static } from 'typebox';
import { choice, closed, key, Money, Name, Percent, Quantity, SignedMoney } from './tariff-forms.ts';

const Tier = Type.Object(
  {
    upTo: Type.Optional(key(Quantity, 'Where the tier ends, counted from the start of the usage; the last has none.')),
    price: key(Money, 'Price of `per` units.'),
    per: key(Quantity, 'The quantity that `price` is for.'),
    then: Type.Optional(key(Quantity, "Time: the step in this tier. Default: the price's `then`.")),
  },
  closed,
);

export const Price = Type.Object(
  {
    price: Type.Optional(key(SignedMoney, 'Price of `per` units; with `series`, what is added to its price.')),
    share: Type.Optional(
      Type.Object(
        { percent: Percent, of: key(Money, 'The amount of which it is a part.') },
        { ...closed, description: 'In place of `price`: a percentage of a published amount, for `per` units.' },
      ),
    ),
    series: Type.Optional(key(Name, 'In place of `price`: the price of the time, from `series`.')),
    per: Type.Optional(key(Quantity, 'The quantity that `price` is for: 1min, 1MB, 1kWh, 1m3, 1event.')),
    tiers: Type.Optional(
      Type.Array(Tier, { minItems: 1, description: 'In place of `price`: steps inside one usage, from its start on.' }),
    ),
    whole: Type.Optional(
      Type.Boolean({ description: 'true: the tier that the quantity reaches prices all of it. Default: graduated.' }),
    ),
    percent: Type.Optional(key(Percent, 'Surcharge, or discount when negative, on prices and setup fee.')),
    setup: Type.Optional(key(Money, 'Fee of each usage, once, also at zero duration.')),
    first: Type.Optional(key(Quantity, 'Time: the first block, always counted whole.')),
    firstPrice: Type.Optional(key(Money, 'Time: price of the first block, where it is not in proportion to `price`.')),
    then: Type.Optional(key(Quantity, 'Time: the step after it; without it time is exact.')),
    unit: Type.Optional(choice(['full', 'started', 'exact'] as const, 'Volume: which steps count. Default: exact.')),
    step: Type.Optional(key(Quantity, 'Volume: the step that is counted. Default: `per`.')),
    measure: Type.Optional(choice(['total', 'up', 'down'] as const, 'Data: which direction counts. Default: total.')),
    minimum: Type.Optional(key(Money, 'A usage with a quantity costs at least this, setup included.')),
    cap: Type.Optional(key(Money, 'A usage costs at most this, setup included.')),
    atCap: Type.Optional(
      choice(
        ['free', 'disconnect'] as const,
        'At the cap the rest is free (default), or the usage has to end: what was used then costs its price.',
      ),
    ),
    freeUnder: Type.Optional(key(Quantity, 'A smaller quantity costs nothing, not even setup.')),
  },
  { ...closed, description: 'What a usage costs.' },
);

export type TariffFilePrice = Static<typeof Price>;
