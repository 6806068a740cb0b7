/**
 * From what was asked to after-images: references, dates and numbers resolved, unchanged objects left out. Pure; what
 * only the database knows (who else carries an identifier) is checked there.
 */
import type {
  AccountInput,
  AttributeInput,
  PartyInput,
  RegistryInput,
  SubscriptionInput,
} from '../schemas/registry.ts';
import type {
  Account,
  Attribute,
  Identifier,
  Party,
  RegistryChange,
  Subscription,
  TariffAssignment,
  Validity,
} from './model.ts';
import { momentMs } from './moments.ts';
import { inputMistakes, keyOf, placeOf, type Located } from './validate.ts';

/** What the registry holds of the objects that are named in a request. */
export interface Known {
  parties: ReadonlyMap<string, Party>;
  accounts: ReadonlyMap<string, Account>;
  subscriptions: ReadonlyMap<string, Subscription>;
  /** Highest numbers given so far. */
  accountNo: number;
  subscriptionNo: number;
}

export interface ChangePlan {
  /** In an order that can be applied one after the other: parties, accounts, subscriptions. */
  changes: RegistryChange[];
  created: number;
  unchanged: number;
  mistakes: string[];
}

export function planChange(requested: readonly Located[], known: Known): ChangePlan {
  const plan: ChangePlan = { changes: [], created: 0, unchanged: 0, mistakes: [] };
  const parties = new Map(known.parties);
  const accounts = new Map(known.accounts);
  let { accountNo, subscriptionNo } = known;

  const sound = withoutMistakes(requested, plan.mistakes);
  for (const { input } of ofKind<PartyInput>(sound, 'party')) {
    const image: Party = { kind: 'party', id: input.id, name: input.name, division: input.division ?? 'root' };
    note(plan, known.parties.get(input.id), image);
    parties.set(input.id, image);
  }
  for (const located of ofKind<AccountInput>(sound, 'account')) {
    const { input } = located;
    const before = known.accounts.get(input.id);
    if (!parties.has(input.partyId)) plan.mistakes.push(`${placeOf(located)}: party ${input.partyId} does not exist`);
    if (before !== undefined && before.currency !== input.currency) {
      plan.mistakes.push(`${placeOf(located)}: the currency of an account (${before.currency}) cannot change`);
    }
    const { id, partyId, currency, timeZone, division = 'root' } = input;
    const no = before?.no ?? ++accountNo;
    const attributes = attributesImage(located, input.attributes, timeZone, plan.mistakes);
    const image: Account = { kind: 'account', id, no, partyId, currency, timeZone, division, ...attributes };
    note(plan, before, image);
    accounts.set(id, image);
  }
  for (const located of ofKind<SubscriptionInput>(sound, 'subscription')) {
    const { input } = located;
    const before = known.subscriptions.get(input.id);
    const account = accounts.get(input.accountId);
    if (account === undefined) {
      plan.mistakes.push(`${placeOf(located)}: account ${input.accountId} does not exist`);
      continue;
    }
    if (before !== undefined && before.accountNo !== account.no) {
      plan.mistakes.push(`${placeOf(located)}: belongs to another account; end it and open a new subscription`);
      continue;
    }
    note(plan, before, subscriptionImage(located, account, before?.no ?? ++subscriptionNo, plan.mistakes));
  }
  return plan;
}

function ofKind<T extends RegistryInput>(requested: readonly Located[], kind: T['kind']): Located<T>[] {
  return requested.filter(({ input }) => input.kind === kind) as Located<T>[];
}

function withoutMistakes(requested: readonly Located[], mistakes: string[]): Located[] {
  const seen = new Set<string>();
  return requested.filter((located) => {
    const found = inputMistakes(located.input);
    const key = keyOf(located.input);
    if (found.length === 0 && seen.has(key)) found.push('is given twice');
    seen.add(key);
    mistakes.push(...found.map((mistake) => `${placeOf(located)}: ${mistake}`));
    return found.length === 0;
  });
}

function note(plan: ChangePlan, before: RegistryChange | undefined, image: RegistryChange): void {
  if (before === undefined) plan.created++;
  else if (JSON.stringify(before) === JSON.stringify(image)) {
    plan.unchanged++;
    return;
  }
  plan.changes.push(image);
}

function subscriptionImage(
  located: Located<SubscriptionInput>,
  account: Account,
  no: number,
  mistakes: string[],
): Subscription {
  const { input } = located;
  const validityOf = (what: string, dates: Dates): Validity =>
    validity(located, what, dates, account.timeZone, mistakes);
  const identifiers = (input.identifiers ?? []).map((given) =>
    identifierOf({ ...given, ...validityOf(`${given.kind} ${given.value}`, given) }),
  );
  const tariffs = (input.tariffs ?? []).map((given) =>
    tariffOf({ ...given, ...validityOf(`tariff ${given.tariff}`, given) }),
  );
  tariffs.sort(
    (a, b) => order(a.view, b.view) || order(a.service, b.service) || byStart(a, b) || order(a.tariff, b.tariff),
  );
  for (let i = 1; i < tariffs.length; i++) {
    const [a, b] = [tariffs[i - 1], tariffs[i]];
    if (a.view === b.view && a.service === b.service && (a.toMs ?? Infinity) > (b.fromMs ?? -Infinity)) {
      mistakes.push(
        `${placeOf(located)}: two tariffs for ${a.view} ${a.service} at the same time: ${a.tariff}, ${b.tariff}`,
      );
    }
  }
  return {
    kind: 'subscription',
    id: input.id,
    no,
    accountNo: account.no,
    usagePoint: input.usagePoint ?? false,
    division: input.division ?? 'root',
    identifiers: identifiers.sort((a, b) => order(a.kind, b.kind) || order(a.value, b.value) || byStart(a, b)),
    tariffs,
    ...attributesImage(located, input.attributes, account.timeZone, mistakes),
  };
}

interface Dates {
  from?: string;
  to?: string;
}

function validity(located: Located, what: string, dates: Dates, zone: string, mistakes: string[]): Validity {
  const [fromMs, toMs] = [dates.from, dates.to].map((text) => {
    if (text === undefined) return null;
    const ms = momentMs(text, zone);
    if (ms === null)
      mistakes.push(`${placeOf(located)}: ${what}: \`${text}\` is neither a date nor an ISO 8601 instant`);
    return ms;
  });
  if (fromMs !== null && toMs !== null && fromMs >= toMs) {
    mistakes.push(`${placeOf(located)}: ${what}: \`to\` must be after \`from\``);
  }
  return { fromMs, toMs };
}

/** At any time an attribute has one value: nobody could say which of two counts. */
function attributesImage(
  located: Located,
  given: readonly AttributeInput[] | undefined,
  zone: string,
  mistakes: string[],
): { attributes?: Attribute[] } {
  const attributes = (given ?? []).map(({ name, value, ...dates }) => ({
    name,
    value,
    ...validity(located, `attribute ${name}`, dates, zone, mistakes),
  }));
  attributes.sort((a, b) => order(a.name, b.name) || byStart(a, b) || order(a.value, b.value));
  for (let i = 1; i < attributes.length; i++) {
    const [a, b] = [attributes[i - 1], attributes[i]];
    if (a.name === b.name && (a.toMs ?? Infinity) > (b.fromMs ?? -Infinity)) {
      mistakes.push(`${placeOf(located)}: attribute ${a.name} has two values at the same time: ${a.value}, ${b.value}`);
    }
  }
  return attributes.length === 0 ? {} : { attributes };
}

/** One order of keys, so that equal images are equal text. */
export function identifierOf(from: Identifier): Identifier {
  const { kind, value, fromMs, toMs, multiplier, digits } = from;
  return {
    kind,
    value,
    fromMs,
    toMs,
    ...(multiplier === undefined ? {} : { multiplier }),
    ...(digits === undefined ? {} : { digits }),
  };
}

export function tariffOf({ view, service, tariff, fromMs, toMs }: TariffAssignment): TariffAssignment {
  return { view, service, tariff, fromMs, toMs };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byStart(a: Validity, b: Validity): number {
  return (a.fromMs ?? -Number.MAX_VALUE) - (b.fromMs ?? -Number.MAX_VALUE);
}
