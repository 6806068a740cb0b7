import { readFileSync } from 'node:fs';
import path from 'node:path';
import { show, untilProcessed } from '../answers.ts';
import { readable } from '../client.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { timeoutOption } from '../options.ts';
import { whole } from '../table.ts';
import type { RegistryAnswer } from '../../schemas/api/registry.ts';

const importFile: CommandSpec<{ timeout: number }> = {
  usage: 'import <file>',
  summary: 'Load parties, accounts and subscriptions; only what differs is changed',
  args: { file: 'YAML or CSV file' },
  configured: true,
  options: [timeoutOption],
  examples: ['tollgrid registry import examples/town/registry.yaml'],
  run: async (context, [file], { timeout }) => {
    const text = readable(file, () => readFileSync(file, 'utf8'));
    const answer = await context.withApi(async (api) => {
      const done: RegistryAnswer = await api.postText('/v1/registry/import', text, { name: path.basename(file) });
      if (done.entry !== null) await untilProcessed(api, done.entry, timeout * 1000);
      return done;
    });
    show(context, answer, () => [
      `${whole(answer.created)} created, ${whole(answer.changed)} changed, ${whole(answer.unchanged)} as they were` +
        (answer.entry === null ? '.' : ` (entry ${answer.entry}).`),
    ]);
  },
};

export const registry: CommandGroup = {
  name: 'registry',
  summary: 'Parties, accounts, subscriptions and usage points',
  commands: [importFile],
};
