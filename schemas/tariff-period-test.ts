/** What a test of a period can give and expect, beside what is said in tariff.ts. */
import Type, { type TObject } from 'typebox';
import { closed, Code, Day, key, Name, Quantity, SignedMoney } from './tariff-forms.ts';

const Customer = Type.Record(Name, Type.Union([Code, Type.Record(Day, Code, { description: 'From that day on.' })]), {
  description: 'Attributes of the subscription; by day where they change.',
});

/** Keys of `given` that describe one subscription. */
export function periodGiven<T extends TObject>(usage: T) {
  const subscription = {
    starts: Type.Optional(key(Day, 'First day of the subscription.')),
    ends: Type.Optional(key(Day, 'First day without the subscription.')),
    customer: Type.Optional(Customer),
    usage: Type.Optional(Type.Array(usage)),
  };
  return {
    ...subscription,
    members: Type.Optional(
      Type.Record(Name, Type.Object(subscription, closed), { description: 'Several subscriptions of one account.' }),
    ),
  };
}

export const PeriodLine = Type.Object(
  {
    component: Name,
    zone: Type.Optional(Name),
    band: Type.Optional(Name),
    of: Type.Optional(key(Name, 'Which of the `members`.')),
    payer: Type.Optional(Name),
    payee: Type.Optional(key(Name, 'For whom the money is collected.')),
    quantity: Type.Optional(Quantity),
    amount: SignedMoney,
    tax: Type.Optional(SignedMoney),
  },
  closed,
);
