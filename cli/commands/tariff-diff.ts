import type { DiffAnswer } from '../../schemas/api/tariffs.ts';
import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { readDocument } from '../documents.ts';
import { wholeNumber } from '../options.ts';
import { isReference, tariffSource } from '../tariff-source.ts';

/** Two files are compared here; what Tollgrid holds is compared by it. */
export const tariffDiff: CommandSpec<{ shown: number }> = {
  usage: 'diff <a> <b>',
  summary: 'Say what is different between two tariffs, in words or as data',
  args: {
    a: 'A file, or a published version or draft: NAME@DATE, NAME@DATE#2, NAME@DATE#draft',
    b: 'The same, compared with it',
  },
  configured: true,
  options: [
    { flags: '--shown <n>', text: 'How many changes of each part are listed', default: '20', parse: wholeNumber },
  ],
  examples: [
    'tollgrid tariff diff phone.yaml phone-2027.yaml',
    'tollgrid tariff diff phone@2026-01-01 phone@2026-01-01#draft',
  ],
  run: async (context, [a, b], { shown }) => {
    const difference =
      isReference(a) || isReference(b)
        ? await context.withApi(async (api) => {
            const [from, to] = await Promise.all([a, b].map(choiceOf));
            return api.post<DiffAnswer>('/v1/tariffs/diff', { from, to, shown });
          })
        : await compareFiles(a, b, shown);
    show(context, difference, () => diffLines(difference));
  },
};

async function choiceOf(name: string) {
  return isReference(name) ? name : tariffSource(readDocument(name));
}

async function compareFiles(a: string, b: string, shown: number): Promise<DiffAnswer> {
  const { compareTariffs, prepareTariff } = await import('../../rating/index.ts');
  const [from, to] = [a, b].map((name) => {
    const { file, text, readSideFile } = readDocument(name);
    return prepareTariff(text, readSideFile, file);
  });
  return compareTariffs(from, to, shown);
}

export function diffLines({ from, to, same, parts }: DiffAnswer): string[] {
  if (same) return [`${from} and ${to} say the same.`];
  return [
    `From ${from} to ${to}:`,
    ...parts.flatMap(({ part, added, removed, changed, shown }) => {
      const counts = [
        [added, 'added'],
        [removed, 'removed'],
        [changed, 'changed'],
      ].filter(([count]) => count !== 0);
      const rest = added + removed + changed - shown.length;
      return [
        `${part}: ${counts.map((words) => words.join(' ')).join(', ')}`,
        ...shown.map(({ text }) => `  ${text}`),
        ...(rest > 0 ? [`  and ${rest} more (--shown ${added + removed + changed} lists them)`] : []),
      ];
    }),
  ];
}
