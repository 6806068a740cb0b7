import { readFile } from 'node:fs/promises';
import { show } from '../answers.ts';
import { auditLines, verifyLines } from '../audit-lines.ts';
import type { CommandSpec, Context, ExitCode } from '../command.ts';
import { statementLines } from '../statement-lines.ts';
import { TollgridError } from '../../platform/errors.ts';
import { AUDIT_BY, type AuditReport, type VerifyReport } from '../../schemas/api/audit.ts';
import type { Statement, StatementCheck, StatementKey } from '../../schemas/api/statements.ts';

interface Options {
  by: string;
  source?: string;
  from?: string;
  to?: string;
  statement?: string;
  key?: string;
  publicKey?: boolean;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

export const audit: CommandSpec<Options> = {
  usage: 'audit [action] [statement]',
  summary: 'Prove that every record, unit and amount is accounted for; exits 1 when it does not close',
  args: {
    action: '`verify` checks signed statements: signature, chain and figures',
    statement: 'A day (yyyy-mm-dd) or a file; without it all stored statements are checked',
  },
  options: [
    {
      flags: '--by <what>',
      text: 'A line per file, source, or hour of acceptance',
      choices: AUDIT_BY,
      default: 'file',
    },
    { flags: '--source <name>', text: 'Only records of this source' },
    { flags: '--from <time>', text: 'Only records accepted from this day (yyyy-mm-dd) or time' },
    { flags: '--to <time>', text: 'Only records accepted before this day or time' },
    {
      flags: '--statement <date>',
      text: 'State and sign a day that is over (UTC); shows the stored one when there is one',
    },
    {
      flags: '--key <file>',
      text: 'With `verify`: public key to check with, instead of the one in the data directory',
    },
    { flags: '--public-key', text: 'Print the public key that statements are checked with' },
  ],
  configured: true,
  examples: [
    'tollgrid audit',
    'tollgrid audit --by hour --source exchange',
    'tollgrid audit --statement 2026-10-31',
    'tollgrid audit verify',
    'tollgrid audit verify 2026-10-31',
    'tollgrid audit --public-key',
  ],
  run: async (context, [action, target], options) => {
    if (action === 'verify') return verify(context, target, options.key);
    if (action !== undefined) {
      throw new TollgridError('ARGUMENTS_INVALID', `\`audit\` has no action "${action}": it is verify, or none.`);
    }
    if (options.publicKey === true) return showKey(context);
    if (options.statement !== undefined) return state(context, options.statement);
    const { by, source, from, to } = options;
    const report: AuditReport = await context.withApi((api) =>
      api.get('/v1/audit', { wait: true, by, source, from, to }),
    );
    show(context, report, () => auditLines(report));
    return report.closes ? 0 : 1;
  },
};

async function state(context: Context, date: string): Promise<ExitCode> {
  if (!DATE.test(date)) throw new TollgridError('ARGUMENTS_INVALID', 'A statement is of a day: yyyy-mm-dd.');
  const statement: Statement = await context.withApi((api) => api.post(`/v1/audit/statements/${date}`, {}));
  show(context, statement, () => statementLines(statement));
  return statement.closes ? 0 : 1;
}

async function verify(context: Context, target: string | undefined, keyFile: string | undefined): Promise<ExitCode> {
  const wish: StatementCheck = {
    ...(keyFile !== undefined && { publicKey: await readText(keyFile) }),
    ...(target !== undefined && (DATE.test(target) ? { date: target } : { statement: await readJson(target) })),
  };
  const report: VerifyReport = await context.withApi((api) => api.post('/v1/audit/verify', wish));
  const end = report.checks.length === 0 ? 'There is no statement to check.' : undefined;
  show(context, report, () => verifyLines(report, end ?? 'The statements hold.', end ?? 'A STATEMENT DOES NOT HOLD.'));
  return report.ok ? 0 : 1;
}

async function showKey(context: Context): Promise<void> {
  const key: StatementKey = await context.withApi((api) => api.get('/v1/audit/key'));
  show(context, key, () => [key.publicKey.trimEnd()]);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TollgridError('ARGUMENTS_INVALID', `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch {
    throw new TollgridError('STATEMENT_INVALID', `${file} is not JSON.`);
  }
}
