import { show, untilProcessed } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { period, timeoutOption } from '../options.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';

interface Options {
  period: string;
  timeout: number;
}

export const settle: CommandSpec<Options> = {
  usage: 'settle',
  summary: 'Compute what is settled per period: fees, allowances, energy lines',
  configured: true,
  options: [{ flags: '-p, --period <yyyy-mm>', text: 'Service period', required: true, parse: period }, timeoutOption],
  examples: ['tollgrid settle --period 2026-03'],
  run: async (context, _args, options) => {
    const answer = await context.withApi(async (api) => {
      const command: CommandAnswer = await api.post('/v1/settlements', { period: options.period });
      await untilProcessed(api, command.entry, options.timeout * 1000);
      return command;
    });
    show(context, { period: options.period, ...answer }, () => [
      `Settled ${options.period} by entry ${answer.entry}.`,
      'Settlement charges stand among the charges of each account: tollgrid charges --account <id>',
    ]);
  },
};
