/** `when` of a rule: what it asks of the record and of the customer. */
import { WHEN_FIELDS, WHEN_NUMBERS, type TariffFileWhen } from '../../schemas/tariff-choice.ts';
import type { MistakeList } from './mistakes.ts';
import type { ConditionModel, TariffModel } from './model.ts';

type Path = readonly (string | number)[];

export function readWhen(
  when: TariffFileWhen | undefined,
  numbers: TariffModel['numbers'],
  path: Path,
  mistakes: MistakeList,
): ConditionModel[] {
  if (when === undefined) return [];
  const conditions: ConditionModel[] = [];
  if (when.class !== undefined) conditions.push({ key: 'class', values: [when.class].flat() });
  if (when.direction !== undefined) conditions.push({ key: 'direction', direction: when.direction });
  for (const field of WHEN_FIELDS) {
    const wanted = when[field];
    if (wanted === undefined) continue;
    const all = [wanted].flat();
    // A number begins with a digit or is absent; what begins with a letter is the name of a set.
    const isSet = (value: string) => WHEN_NUMBERS.includes(field) && /^[A-Za-z]/.test(value);
    const sets = all.filter(isSet);
    for (const name of sets) {
      if (numbers.has(name)) continue;
      const known = [...numbers.keys()].slice(0, 12).join(', ');
      mistakes.add(
        [...path, field],
        `There is no set of numbers \`${name}\`.`,
        known === '' ? 'Add it to `numbers`.' : `Known: ${known}.`,
      );
    }
    conditions.push({ key: 'field', field, values: all.filter((value) => !isSet(value)), sets });
  }
  if (when.realm !== undefined) conditions.push({ key: 'realm', values: [when.realm].flat() });
  if (when.forwarded !== undefined) conditions.push({ key: 'forwarded', forwarded: when.forwarded });
  for (const [name, values] of Object.entries(when.attribute ?? {})) {
    conditions.push({ key: 'attribute', name, values: [values].flat() });
  }
  if (when.listed !== undefined) conditions.push({ key: 'listed', name: when.listed });
  if (when.shares !== undefined) conditions.push({ key: 'shares', name: when.shares });
  if (conditions.length === 0) mistakes.add(path, 'Nothing is asked in it.', 'Write a condition or remove `when`.');
  return conditions;
}

/** The same conditions give the same text. */
export function conditionsText(conditions: readonly ConditionModel[]): string {
  return JSON.stringify(conditions);
}
