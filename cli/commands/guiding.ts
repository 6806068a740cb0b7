import { show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { readDocuments } from '../documents.ts';
import { publishAll, type PublishOptions, publishSpec } from '../publish.ts';

const args = { file: 'Guiding file' };

const check: CommandSpec = {
  usage: 'check <file...>',
  summary: 'Report every mistake of a guiding file; exits 1 when there is one',
  args,
  examples: ['tollgrid guiding check examples/town/guiding.yaml'],
  run: async (context, names) => {
    const { checkGuiding } = await import('../../mediation/guiding/index.ts');
    const mistakes = readDocuments(names).flatMap(({ file, text }) => checkGuiding(text, file));
    show(context, { mistakes }, () => (mistakes.length === 0 ? ['The guiding rules are good.'] : mistakes));
    return mistakes.length === 0 ? 0 : 1;
  },
};

const publish: CommandSpec<PublishOptions> = publishSpec({
  noun: 'guiding',
  args,
  example: 'tollgrid guiding publish examples/town/guiding.yaml',
  run: async (context, names, options) => {
    const { compileGuiding, prepareGuiding } = await import('../../mediation/guiding/index.ts');
    await publishAll(context, options, names, ({ file, text }) => {
      const { name } = compileGuiding(prepareGuiding(text, file));
      return { kind: 'guiding', name, document: text };
    });
  },
});

export const guiding: CommandGroup = {
  name: 'guiding',
  summary: 'The rules that say who is charged for a record',
  commands: [check, publish],
};
