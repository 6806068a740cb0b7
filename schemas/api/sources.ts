/** Ways in: how each of them is. */
import { Type, type Static } from 'typebox';
import { pageOf } from './common.ts';

const MomentOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

export const SourceParams = Type.Object({ source: Type.String({ minLength: 1, maxLength: 63 }) });

export const SourceItem = Type.Object({
  name: Type.String(),
  kind: Type.String({ description: 'The way in: files, tcp, udp...; `pushed`: over HTTP, not configured' }),
  format: Type.String(),
  state: Type.String({
    description:
      '`starting`, `taking`, `waiting` (tries again by itself), `pausing` (what it took waits for the log), `paused`, `open` (pushed)',
  }),
  detail: Type.Union([Type.String(), Type.Null()], { description: 'Where it listens, or why nothing comes' }),
  received: Type.Integer({ description: 'Records so far' }),
  suspended: Type.Integer({ description: 'Of them waiting in suspense' }),
  refused: Type.Integer({ description: 'Connections, packets and files refused since the start' }),
  refusedFor: Type.Record(Type.String(), Type.Integer(), { description: 'The same by reason' }),
  connections: Type.Integer({ description: 'Open now' }),
  waitingFiles: Type.Integer({ description: 'Files seen and not taken yet' }),
  lag: Type.Union(
    [
      Type.Object({
        amount: Type.Integer(),
        unit: Type.Union([Type.Literal('messages'), Type.Literal('files'), Type.Literal('ms')]),
      }),
      Type.Null(),
    ],
    {
      description:
        'How far it is behind. Kafka: `messages` that the brokers hold; MQTT: `messages` that came and are not acknowledged; closed files: `files` that are there and not taken; TCP, UDP and RADIUS: age in `ms` of the oldest records that are not durable. Null where nobody can tell',
    },
  ),
  refusedFiles: Type.Object(
    {
      count: Type.Integer(),
      first: Type.Array(Type.Object({ name: Type.String(), code: Type.String(), detail: Type.String() })),
    },
    {
      description: 'Files that were refused and still lie in the folder or in its quarantine; the first ones with why',
    },
  ),
  lastSeenAt: MomentOrNull,
  lastAcceptedAt: MomentOrNull,
});
export type SourceItem = Static<typeof SourceItem>;
export const SourcePage = pageOf(SourceItem);

export const SourceTestAnswer = Type.Object({
  reachable: Type.Boolean(),
  lines: Type.Array(Type.String(), { description: 'What was seen; nothing was taken' }),
});
export type SourceTestAnswer = Static<typeof SourceTestAnswer>;

export const ReloadAnswer = Type.Object({
  added: Type.Array(Type.String()),
  changed: Type.Array(Type.String(), { description: 'In the configuration, or by the content of their secrets' }),
  removed: Type.Array(Type.String()),
  underway: Type.Array(Type.String(), {
    description: 'Take nothing more, and are exchanged when what they took is in the log',
  }),
  atNextStart: Type.Array(Type.String(), { description: 'Sections that differ too, and wait for the next start' }),
});
export type ReloadAnswer = Static<typeof ReloadAnswer>;
