/** Copies of charges for other systems. */
import Type, { type Static } from 'typebox';
import { KafkaOutput } from './config-kafka.ts';
import { Section, Switch } from './config-parts.ts';

export const Output = Section('A copy of all charges and reversals, as CloudEvents, in the order of the log.', {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    description: 'Name of the copy; how far it is, is kept under it. Another name begins anew.',
  }),
  kind: Type.Enum(['kafka'], { default: 'kafka', description: 'Where it goes: the section of the same name below.' }),
  from: Type.Enum(['start', 'now'], {
    default: 'start',
    description: 'Where a new copy begins: `start`, with the first charge; `now`, with the next one.',
  }),
  views: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    description: 'Only charges of these views (`retail`, `interconnect`); all when empty.',
    default: [] as string[],
  }),
  eventSource: Type.String({
    default: 'tollgrid',
    pattern: '^[!-~]{1,128}$',
    description: '`source` of the events. With `id` it names an event among all: another one for each installation.',
  }),
  paused: Switch(false, 'Send nothing for now; it goes on where it was.'),
  kafka: Type.Optional(KafkaOutput),
});

export type OutputConfig = Static<typeof Output>;
