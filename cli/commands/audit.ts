import { show } from '../answers.ts';
import { auditLines } from '../audit-lines.ts';
import type { CommandSpec } from '../command.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';

export const audit: CommandSpec = {
  usage: 'audit',
  summary: 'Prove that every record, unit and amount is accounted for; exits 1 when it does not close',
  configured: true,
  examples: ['tollgrid audit', 'tollgrid audit --json'],
  run: async (context) => {
    const report: AuditReport = await context.withApi((api) => api.get('/v1/audit', { wait: true }));
    show(context, report, () => auditLines(report));
    return report.closes ? 0 : 1;
  },
};
