/** Copies for other systems: how each of them is. */
import { Type, type Static } from 'typebox';
import { pageOf } from './common.ts';

export const OutputItem = Type.Object({
  name: Type.String(),
  kind: Type.String({ description: 'Where it goes: `kafka`' }),
  state: Type.Enum(['sending', 'waiting', 'paused', 'stopped'], {
    description: '`waiting`: the other side is missing and is tried again; `stopped`: Tollgrid is not started',
  }),
  detail: Type.String({ description: 'Where it goes, or why nothing goes there' }),
  entry: Type.Union([Type.Integer(), Type.Null()], {
    description: 'What this log entry and those before it posted was acknowledged; null: not known',
  }),
  lagEntries: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Log entries that are in the ledger and not behind this position; null: not known',
  }),
  sent: Type.Integer({ description: 'Events acknowledged since it began; what was sent again counts once' }),
  lastSentAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
});
export type OutputItem = Static<typeof OutputItem>;
export const OutputPage = pageOf(OutputItem);
