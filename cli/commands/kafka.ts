import type { CommandGroup, CommandSpec } from '../command.ts';
import { buildAddon } from '../../platform/kafka/index.ts';

const build: CommandSpec<{ again?: boolean }> = {
  usage: 'build',
  summary: 'Compile the Kafka client for this Node.js, which sources of kind kafka need',
  options: [{ flags: '--again', text: 'Also when it is compiled already' }],
  examples: ['tollgrid kafka build'],
  run: (context, _args, { again = false }) => buildAddon({ again, say: (line) => context.io.note(line) }),
};

export const kafka: CommandGroup = {
  name: 'kafka',
  summary: 'The Kafka client of this installation',
  commands: [build],
};
