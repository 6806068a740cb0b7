import { show, untilProcessed } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { period, timeoutOption } from '../options.ts';
import { settlementLines } from '../settlement-lines.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';

interface Options {
  period: string;
  postTo?: string;
  timeout: number;
}

export const settle: CommandSpec<Options> = {
  usage: 'settle',
  summary: 'Compute what is settled per period: fees, allowances, tiers, energy lines; 1 when somebody could not be',
  configured: true,
  options: [
    { flags: '-p, --period <yyyy-mm>', text: 'Service period', required: true, parse: period },
    { flags: '--post-to <yyyy-mm>', text: 'Bill the lines with this month, where the period is closed', parse: period },
    timeoutOption,
  ],
  examples: ['tollgrid settle --period 2026-03', 'tollgrid settle --period 2026-03 --post-to 2026-05'],
  run: async (context, _args, options) => {
    const result = await context.withApi(async (api) => {
      const body = { period: options.period, ...(options.postTo !== undefined && { postingPeriod: options.postTo }) };
      const command: CommandAnswer = await api.post('/v1/settlements', body);
      await untilProcessed(api, command.entry, options.timeout * 1000);
      const settled: SettlementResult = await api.get(`/v1/settlements/${command.entry}`);
      return settled;
    });
    show(context, result, () => settlementLines(result));
    return result.failed > 0 ? 1 : 0;
  },
};
