import { show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { readDocuments } from '../documents.ts';
import { toTollgridError } from '../../platform/errors.ts';
import { formatMicros } from '../../platform/money.ts';
import { tariffCanary } from './tariff-canary.ts';
import { tariffDiff } from './tariff-diff.ts';
import { tariffExplain } from './tariff-explain.ts';
import { tariffHistory, tariffList } from './tariff-list.ts';
import { tariffDraft, tariffPublish, tariffWithdraw } from './tariff-publish.ts';

const args = { file: 'Tariff files, or folders of them' };

const check: CommandSpec = {
  usage: 'check <file...>',
  summary: 'Report every mistake of tariff files; exits 1 when there is one',
  args,
  examples: ['tollgrid tariff check examples/town/tariffs'],
  run: async (context, names) => {
    const { checkTariff, formatMistake } = await import('../../rating/index.ts');
    const results = readDocuments(names).map(({ file, text, readSideFile }) => ({
      file,
      mistakes: checkTariff(text, readSideFile, file),
    }));
    const all = results.flatMap(({ mistakes }) => mistakes);
    show(context, results, () => [
      ...all.map(formatMistake),
      all.length === 0 ? goodFiles(results.length) : all.length === 1 ? '1 mistake.' : `${all.length} mistakes.`,
    ]);
    return all.length === 0 ? 0 : 1;
  },
};

function goodFiles(count: number): string {
  return count === 1 ? '1 tariff file is good.' : `${count} tariff files are good.`;
}

const test: CommandSpec<{ steps?: boolean }> = {
  usage: 'test <file...>',
  summary: 'Run the tests inside tariff files; exits 1 when one does not hold',
  args,
  options: [{ flags: '--steps', text: 'Show how each amount came about' }],
  examples: ['tollgrid tariff test examples/town/tariffs', 'tollgrid tariff test phone.yaml --steps'],
  run: async (context, names, { steps }) => {
    const { testTariff } = await import('../../rating/index.ts');
    const results = readDocuments(names).map(({ file, text, readSideFile }) => {
      try {
        return { file, tests: testTariff(text, readSideFile, file) };
      } catch (thrown) {
        // The other files are tested all the same.
        const error = toTollgridError(thrown);
        if (error.code !== 'TARIFF_INVALID') throw error;
        return { file, tests: [], unreadable: error.message };
      }
    });
    const tests = results.flatMap((result) => result.tests);
    const failed = tests.filter((one) => !one.ok).length;
    const unreadable = results.filter((result) => result.unreadable !== undefined).length;
    show(context, results, () => [
      ...results.flatMap((result) => [
        result.file,
        ...(result.unreadable !== undefined ? [`  FAILED ${result.unreadable}`] : []),
        ...(result.unreadable === undefined && result.tests.length === 0 ? ['  no test stands in it'] : []),
        ...result.tests.flatMap((one) => [
          `  ${one.ok ? 'ok    ' : 'FAILED'} ${one.name}: ${one.error || formatMicros(one.amountMicros)} (${one.source})`,
          ...one.differences.map((difference) => `         ${difference}`),
          ...(steps === true ? one.steps.map((step) => `         ${step.text}`) : []),
        ]),
      ]),
      `${tests.length - failed} hold, ${failed} do not.${unreadable === 0 ? '' : ` ${unreadable} file(s) have mistakes.`}`,
    ]);
    return failed + unreadable === 0 ? 0 : 1;
  },
};

export const tariff: CommandGroup = {
  name: 'tariff',
  summary: 'Tariffs: files, drafts, published versions',
  commands: [
    check,
    test,
    tariffExplain,
    tariffDiff,
    tariffCanary,
    tariffList,
    tariffHistory,
    tariffDraft,
    tariffWithdraw,
    tariffPublish,
  ],
};
