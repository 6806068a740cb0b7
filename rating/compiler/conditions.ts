/** `when` of a rule as a function over the columns. */
import { TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { NO_TEXT_FIELD, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import type { ConditionModel, TariffModel } from '../language/index.ts';
import { buildPrefixTrie, findPrefix } from './prefix-trie.ts';

/** A row that rules are chosen for. */
export interface Asked {
  usage: UsageColumns;
  records: RecordColumns;
  facts: RatingFacts;
  row: number;
}

export type Condition = (asked: Asked) => boolean;

const [CALLED, CALLING, LOGIN, REDIRECTING, TRUNK_IN] = (
  ['calledParty', 'callingParty', 'login', 'redirectingParty', 'trunkIn'] as const
).map((name) => TEXT_FIELDS.indexOf(name)) as [number, number, number, number, number];
const AT_SIGN = 0x40;
const encoder = new TextEncoder();

/** Per rule: whether all of its conditions hold; null = it has none. */
export function compileConditions({ rules, numbers }: TariffModel): (Condition | null)[] {
  return rules.map(({ when }) => {
    const conditions = when.map((one) => compileCondition(one, numbers));
    if (conditions.length === 0) return null;
    return (asked) => conditions.every((condition) => condition(asked));
  });
}

export function compileCondition(model: ConditionModel, numbers: TariffModel['numbers']): Condition {
  switch (model.key) {
    case 'class': {
      const fits = (name: string) =>
        model.values.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
      return ({ usage, records, facts, row }) => fits(facts.classes[records.classNo[usage.record[row]]] ?? '');
    }
    case 'direction':
      return ({ usage, row }) => isIncoming(usage, row) === (model.direction === 'in');
    case 'forwarded':
      return ({ usage, records, row }) => records.textLength[REDIRECTING][usage.record[row]] > 0 === model.forwarded;
    case 'realm': {
      const matches = textTest(model.values, []);
      return ({ usage, records, row }) => {
        const record = usage.record[row];
        const [offset, length] = [records.textOffset[LOGIN][record], records.textLength[LOGIN][record]];
        const at = records.text.subarray(offset, offset + length).lastIndexOf(AT_SIGN);
        return at === -1 ? matches(records.text, offset, 0) : matches(records.text, offset + at + 1, length - at - 1);
      };
    }
    case 'field': {
      const field = TEXT_FIELDS.indexOf(model.field);
      const matches = textTest(
        model.values,
        model.sets.flatMap((name) => numbers.get(name) ?? []),
      );
      return ({ usage, records, row }) => {
        const record = usage.record[row];
        return matches(records.text, records.textOffset[field][record], records.textLength[field][record]);
      };
    }
    case 'attribute': {
      const values = model.values.map((value) => encoder.encode(value));
      return ({ usage, facts: { customers }, row }) => {
        const number = customers?.attributeNo(model.name) ?? -1;
        if (customers === null || number < 0) return false;
        const [subscription, atMs] = [usage.subscriptionNo[row], usage.startMs[row]];
        return values.some((value) => customers.holds(subscription, number, value, 0, value.length, atMs));
      };
    }
    case 'listed':
      return ({ usage, records, facts: { customers }, row }) => {
        const number = customers?.attributeNo(model.name) ?? -1;
        if (customers === null || number < 0) return false;
        const [field, record] = [otherField(usage, row), usage.record[row]];
        const [offset, length] = [records.textOffset[field][record], records.textLength[field][record]];
        const atMs = usage.startMs[row];
        return length > 0 && customers.holds(usage.subscriptionNo[row], number, records.text, offset, length, atMs);
      };
    case 'shares':
      return ({ usage, records, facts: { customers }, row }) => {
        const number = customers?.attributeNo(model.name) ?? -1;
        if (customers === null || number < 0) return false;
        const [field, record, atMs] = [otherField(usage, row), usage.record[row], usage.startMs[row]];
        const [offset, length] = [records.textOffset[field][record], records.textLength[field][record]];
        const other = length === 0 ? -1 : customers.subscriptionOf(records.text, offset, length, atMs);
        return other >= 0 && customers.shares(usage.subscriptionNo[row], other, number, atMs);
      };
  }
}

/** A customer who was called, or a trunk by which the call came in. */
export function isIncoming(usage: UsageColumns, row: number): boolean {
  const field = usage.partyField[row];
  return field === CALLED || field === TRUNK_IN;
}

/** The field that holds the other side's number. */
export function otherField(usage: UsageColumns, row: number): number {
  const field = usage.otherField[row];
  return field === CALLED || field === CALLING || field === REDIRECTING
    ? field
    : field === NO_TEXT_FIELD && isIncoming(usage, row)
      ? CALLING
      : CALLED;
}

/** Exact values, `x*`, and prefixes of number sets. */
function textTest(
  values: readonly string[],
  prefixes: readonly string[],
): (text: Uint8Array, offset: number, length: number) => boolean {
  const exact = values.filter((value) => !value.endsWith('*')).map((value) => encoder.encode(value));
  const begins = values.filter((value) => value.endsWith('*')).map((value) => encoder.encode(value.slice(0, -1)));
  const unique = [...new Set(prefixes)];
  const trie =
    unique.length === 0
      ? null
      : buildPrefixTrie(
          unique,
          unique.map(() => 0),
        );
  return (text, offset, length) =>
    exact.some((value) => value.length === length && startsWith(text, offset, value)) ||
    begins.some((value) => value.length <= length && startsWith(text, offset, value)) ||
    (trie !== null && length > 0 && findPrefix(trie, text, offset, length) >= 0);
}

function startsWith(text: Uint8Array, offset: number, value: Uint8Array): boolean {
  for (let place = 0; place < value.length; place++) if (text[offset + place] !== value[place]) return false;
  return true;
}
