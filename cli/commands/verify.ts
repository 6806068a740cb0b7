import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import type { VerifyReport } from '../../schemas/api/audit.ts';

export const verify: CommandSpec = {
  usage: 'verify',
  summary: 'Check what is stored: log, spool, control totals, ledger; exits 1 when something is wrong',
  configured: true,
  examples: ['tollgrid verify'],
  run: async (context) => {
    const report: VerifyReport = await context.withApi((api) => api.post('/v1/admin/verify', {}));
    show(context, report, () => [
      ...report.checks.map((check) => `${check.ok ? 'ok    ' : 'WRONG '} ${check.name}: ${check.detail}`),
      report.ok ? 'Everything stored is whole.' : 'Something stored is not what it should be.',
    ]);
    return report.ok ? 0 : 1;
  },
};
