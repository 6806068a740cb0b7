import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { whole } from '../table.ts';
import type { RebuildAnswer } from '../../schemas/api/operation.ts';

export const rebuild: CommandSpec<{ threads?: number }> = {
  usage: 'rebuild',
  summary: 'Drop the ledger and compute it again from the log',
  configured: true,
  options: [{ flags: '--threads <n>', text: 'Rating threads (default: as configured)', parse: wholeNumber }],
  examples: ['tollgrid rebuild', 'tollgrid rebuild --threads 2'],
  run: async (context, _args, { threads }) => {
    const answer: RebuildAnswer = await context.withApi((api) => api.post('/v1/admin/rebuild', { threads }));
    show(context, answer, () => [
      `Rebuilt from ${whole(answer.entries)} entries: ${whole(answer.rows)} charges in ${(answer.elapsedMs / 1000).toFixed(1)} s.`,
    ]);
  },
};
