/** `tests`: are the examples themselves well formed? Whether they hold is found by running them. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFileTest, TariffFileTestUsage } from '../../schemas/tariff.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import type { MistakeList } from './mistakes.ts';
import { parseQuantity } from './quantities.ts';

/** Keys of `given` that describe one usage. */
const USAGE_KEYS = [
  ...([
    'start',
    'end',
    'duration',
    'quantity',
    'up',
    'done',
    'to',
    'from',
    'forwardedBy',
    'direction',
    'class',
  ] as const),
  ...(['trunkIn', 'trunkOut', 'accountCode', 'login', 'meter', 'register', 'trafficClass'] as const),
  ...(['attributes', 'otherAttributes'] as const),
];

type Path = readonly (string | number)[];

/** What prices are in, and what usage is measured in. */
export interface Units {
  base: BaseUnit;
  measuredIn: BaseUnit;
}

export function checkTest(test: TariffFileTest, { base, measuredIn }: Units, path: Path, mistakes: MistakeList): void {
  const { given, expect } = test;
  if (given.period === undefined) {
    if (given.start === undefined) {
      mistakes.add(
        [...path, 'given'],
        'Neither `start` nor `period` is given.',
        'Give the start of a usage, or a period.',
      );
    } else {
      checkUsage({ ...given, start: given.start }, measuredIn, [...path, 'given'], mistakes);
    }
    for (const key of ['usage', 'starts', 'ends', 'customer', 'members'] as const) {
      if (given[key] !== undefined)
        mistakes.add([...path, 'given', key], `\`${key}\` needs \`period\`.`, 'Add it or remove this.');
    }
    if (expect.lines)
      mistakes.add([...path, 'expect', 'lines'], 'Lines belong to a period.', 'Give `period`, or remove them.');
  } else {
    (given.usage ?? []).forEach((usage, index) =>
      checkUsage(usage, measuredIn, [...path, 'given', 'usage', index], mistakes),
    );
    for (const [name, member] of Object.entries(given.members ?? {})) {
      (member.usage ?? []).forEach((usage, index) =>
        checkUsage(usage, measuredIn, [...path, 'given', 'members', name, 'usage', index], mistakes),
      );
    }
    for (const key of USAGE_KEYS) {
      if (given[key] !== undefined) {
        mistakes.add([...path, 'given', key], `\`${key}\` belongs to one usage.`, 'Move it into `usage`.');
      }
    }
    for (const key of ['steps', 'zone', 'band', 'billed', 'authorised'] as const) {
      if (expect[key] !== undefined) {
        mistakes.add([...path, 'expect', key], `\`${key}\` belongs to one usage.`, 'Expect `lines` of a period.');
      }
    }
  }
  if ((expect.amount === undefined) === (expect.error === undefined)) {
    mistakes.add([...path, 'expect'], 'Exactly one of `amount` and `error` is expected.', 'Write one of them.');
  }
  const quantities = [
    [expect.billed, ['billed']],
    [expect.authorised, ['authorised']],
    ...(expect.lines ?? []).map((line, index) => [line.quantity, ['lines', index, 'quantity']]),
  ];
  for (const [text, where] of quantities as [string | undefined, Path][]) {
    checkQuantity(text, base, [...path, 'expect', ...where], mistakes);
  }
}

function checkUsage(usage: TariffFileTestUsage, base: BaseUnit, path: Path, mistakes: MistakeList): void {
  const [wanted, other] = base === 'ms' ? (['duration', 'quantity'] as const) : (['quantity', 'duration'] as const);
  if (usage[wanted] === undefined || usage[other] !== undefined) {
    mistakes.add(path, `This service is measured by \`${wanted}\`.`, `Give \`${wanted}\` and nothing else.`);
  }
  if (usage.up !== undefined && base !== 'bytes') {
    mistakes.add([...path, 'up'], '`up` is for data only.', 'Remove it.');
  }
  if (usage.end !== undefined && base === 'ms') {
    mistakes.add([...path, 'end'], '`end` is for volume: time ends after its duration.', 'Remove it.');
  }
  if (Number.isNaN(dayOfDate(usage.start.slice(0, 10)))) {
    mistakes.add([...path, 'start'], `\`${usage.start}\` is no day of the calendar.`, 'Correct the date.');
  }
  for (const key of ['duration', 'quantity', 'up', 'done'] as const)
    checkQuantity(usage[key], base, [...path, key], mistakes);
}

function checkQuantity(text: string | undefined, base: BaseUnit, path: Path, mistakes: MistakeList): void {
  const value = text === undefined ? 0 : parseQuantity(text, base);
  if (typeof value === 'string') mistakes.add(path, value, 'Write a number and a unit of the service.');
}
