import { show } from '../answers.ts';
import { verifyLines } from '../audit-lines.ts';
import type { CommandSpec } from '../command.ts';
import type { VerifyReport } from '../../schemas/api/audit.ts';

export const verify: CommandSpec = {
  usage: 'verify',
  summary:
    'Read everything stored again (log, spool, ledger, registry) and name what differs; exits 1 when something does',
  configured: true,
  examples: ['tollgrid verify'],
  run: async (context) => {
    const report: VerifyReport = await context.withApi((api) => api.post('/v1/admin/verify', {}));
    show(context, report, () =>
      verifyLines(report, 'Everything stored is whole.', 'Something stored is not what it should be.'),
    );
    return report.ok ? 0 : 1;
  },
};
