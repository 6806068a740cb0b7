import { show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';

const check: CommandSpec = {
  usage: 'check',
  summary: 'Check the configuration and report all mistakes together',
  configured: true,
  examples: ['tollgrid config check', 'tollgrid config check --config /etc/tollgrid/tollgrid.yaml'],
  run: async (context) => {
    const { dataDir } = await context.config();
    show(context, { ok: true, dataDir }, () => [`The configuration is good; the data directory is ${dataDir}.`]);
  },
};

const showAll: CommandSpec = {
  usage: 'show',
  summary: 'Print the configuration in effect: file, environment and defaults together',
  configured: true,
  examples: ['tollgrid config show', 'tollgrid config show --json'],
  run: async (context) => {
    // Secrets stay where they are: this may end in a ticket.
    const { file, secrets: _secrets, ...values } = await context.config();
    const { stringify } = await import('yaml');
    show(context, values, () => [`# ${file ?? 'no file: defaults and environment'}`, stringify(values).trimEnd()]);
  },
};

export const config: CommandGroup = {
  name: 'config',
  summary: 'The configuration',
  commands: [check, showAll],
};
