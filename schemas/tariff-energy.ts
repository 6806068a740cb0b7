/** `energy` of a gas tariff: how the volume that a meter counted becomes the energy that is sold. */
import Type, { type Static } from 'typebox';
import { choice, closed, key, Name, Quantity, text, Time } from './tariff-forms.ts';

const Value = text('^\\d{1,6}(\\.\\d{1,9})?$', 'a number: digits with an optional decimal point');

/** One number, one of each customer, or one of each day, published beside the tariff. */
function factor(description: string) {
  return Type.Union(
    [
      Value,
      Type.Object({ attribute: key(Name, 'Attribute of the usage point or its account.') }, closed),
      Type.Object(
        {
          file: Type.String({
            minLength: 1,
            description: 'CSV beside this file: day,value; with `area`: day,area,value.',
          }),
          area: Type.Optional(key(Name, 'Attribute that names the area of a usage point.')),
        },
        closed,
      ),
    ],
    { description },
  );
}

export const Energy = Type.Object(
  {
    calorific: factor('Heat of combustion of a cubic metre: a number, an `attribute`, or a value of each day.'),
    correction: Type.Optional(
      factor(
        'Cubic metres under standard conditions in one that the meter counted (temperature, pressure). Default: 1.',
      ),
    ),
    in: Type.Optional(choice(['kWh', 'MJ'] as const, 'What `calorific` counts in, for a cubic metre. Default: kWh.')),
    dayBegins: Type.Optional(key(Time, 'When a gas day begins, by the clock of the tariff. Default: 00:00.')),
    round: Type.Optional(key(Quantity, 'The energy of a usage is rounded half-up to this. Default: 1Wh.')),
  },
  { ...closed, description: 'Gas: usage is metered in m3 and priced in kWh; `per`, steps and allowances are energy.' },
);

export type TariffFileEnergy = Static<typeof Energy>;
