import { show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { readDocuments } from '../documents.ts';
import { publishAll, type PublishOptions, publishSpec } from '../publish.ts';

const args = { file: 'Format files, or folders of them' };

const check: CommandSpec = {
  usage: 'check <file...>',
  summary: 'Report every mistake of format files; exits 1 when there is one',
  args,
  examples: ['tollgrid format check formats'],
  run: async (context, names) => {
    const { checkFormat } = await import('../../mediation/formats/index.ts');
    const results = readDocuments(names).map(({ file, text }) => ({ file, mistakes: checkFormat(text) }));
    const lines = results.flatMap(({ file, mistakes }) =>
      mistakes.map(({ line, path, message }) => `${file}:${line}: ${path === '' ? '' : `${path} `}${message}`),
    );
    show(context, results, () => [
      ...lines,
      lines.length === 0 ? `${results.length} format files are good.` : `${lines.length} mistakes.`,
    ]);
    return lines.length === 0 ? 0 : 1;
  },
};

const test: CommandSpec = {
  usage: 'test <file...>',
  summary: 'Run the tests inside format files; exits 1 when one does not hold',
  args,
  examples: ['tollgrid format test formats'],
  run: async (context, names) => {
    const { testFormat } = await import('../../mediation/formats/index.ts');
    const results = readDocuments(names).map(({ file, text }) => ({ file, tests: testFormat(text, file) }));
    const tests = results.flatMap((result) => result.tests);
    const failed = tests.filter((one) => !one.passed).length;
    show(context, results, () => [
      ...results.flatMap((result) => [
        result.file,
        ...result.tests.flatMap((one) => [
          `  ${one.passed ? 'ok    ' : 'FAILED'} ${one.name}`,
          ...one.differences.map((difference) => `         ${difference}`),
        ]),
      ]),
      `${tests.length - failed} hold, ${failed} do not.`,
    ]);
    return failed === 0 ? 0 : 1;
  },
};

const publish: CommandSpec<PublishOptions> = publishSpec({
  noun: 'format',
  args,
  example: 'tollgrid format publish my-exchange.yaml',
  run: async (context, names, options) => {
    const { compileFormat, prepareFormat } = await import('../../mediation/formats/index.ts');
    await publishAll(context, options, names, ({ file, text }) => {
      const { name } = compileFormat(prepareFormat(text, file));
      return { kind: 'format', name, document: text };
    });
  },
});

export const format: CommandGroup = {
  name: 'format',
  summary: 'Format files: how the bytes of a source become records',
  commands: [check, test, publish],
};
