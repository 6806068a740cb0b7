import { show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { startProgress } from '../progress.ts';
import { whole } from '../table.ts';

const embeddedToScaled: CommandSpec = {
  usage: 'embedded-to-scaled',
  summary: 'Put the log of this data directory on Kafka (`log.kafka`); Tollgrid must not run',
  configured: true,
  examples: ['tollgrid migrate embedded-to-scaled --config tollgrid.yaml'],
  run: async (context) => {
    const config = await context.config();
    const { migrateToKafka } = await import('../../server/index.ts');
    const progress = startProgress(context.io, 'log entries');
    const migrated = await migrateToKafka(config, (entryNo, of) => progress.update(entryNo, of)).finally(() =>
      progress.end(),
    );
    const { topic, entries, written, chain } = migrated;
    show(context, migrated, () => [
      `${topic} holds all ${whole(entries)} entries of the log, ${whole(written)} of them new; its chain ends with ${chain}.`,
      'Start the API on this data directory and a rater on another one; `tollgrid export` then gives what it gave before.',
    ]);
  },
};

export const migrate: CommandGroup = {
  name: 'migrate',
  summary: 'From one machine to several',
  commands: [embeddedToScaled],
};
