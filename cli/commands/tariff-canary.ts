/** A draft over real usage, beside what is active. */
import { TollgridError, type ErrorCode } from '../../platform/errors.ts';
import type { CanaryState } from '../../schemas/api/canaries.ts';
import { show } from '../answers.ts';
import { canaryLines } from '../canary-lines.ts';
import type { Api } from '../client.ts';
import type { CommandSpec, Context } from '../command.ts';
import { readDocument } from '../documents.ts';
import { day, wholeNumber } from '../options.ts';
import { startProgress } from '../progress.ts';
import { isReference, tariffSource } from '../tariff-source.ts';

interface Options {
  from: string;
  to: string;
  account?: string[];
  inPlaceOf?: string;
  attribute: string;
  shown: number;
}

const LOOK_MS = 300;

export const tariffCanary: CommandSpec<Options> = {
  usage: 'canary <tariff>',
  summary: 'Rate a draft over the real usage of a time beside what is active: the difference in money, nothing posted',
  args: { tariff: 'A file, or a draft or published version: NAME@DATE' },
  configured: true,
  options: [
    { flags: '--from <day>', text: 'First day (yyyy-mm-dd, or a month)', required: true, parse: day },
    { flags: '--to <day>', text: 'First day that is not looked at any more', required: true, parse: day },
    { flags: '--account <id...>', text: 'Only these accounts, and those whose usage is counted with theirs' },
    { flags: '--in-place-of <name>', text: 'Try it on the users of that tariff; otherwise on those of its own name' },
    { flags: '--attribute <name>', text: 'Attribute of customers that sums are told by', default: 'segment' },
    { flags: '--shown <n>', text: 'Accounts and places that are named', default: '10', parse: wholeNumber },
  ],
  examples: [
    'tollgrid tariff canary phone-2027.yaml --from 2026-10-01 --to 2026-11-01',
    'tollgrid tariff canary phone@2027-01-01 --from 2026-10 --to 2026-11 --account A-1001 --json',
  ],
  run: async (context, [name], { account, from, to, inPlaceOf, attribute, shown }) => {
    const tariff = isReference(name) ? name : await tariffSource(readDocument(name));
    const report = await context.withApi((api) =>
      follow(context, api, { tariff, from, to, inPlaceOf, attribute, shown, accounts: account }),
    );
    show(context, report, () => canaryLines(report));
  },
};

async function follow({ io }: Context, api: Api, request: object): Promise<NonNullable<CanaryState['report']>> {
  let state = await api.post<CanaryState>('/v1/tariffs/canaries', request);
  const progress = startProgress(io, 'rows');
  // Whoever gives up must not leave it running.
  const cancel = (): void => void api.post(`/v1/tariffs/canaries/${state.id}/cancel`, {}).catch(() => undefined);
  process.once('SIGINT', cancel);
  try {
    while (state.state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      state = await api.get(`/v1/tariffs/canaries/${state.id}`);
      progress.update(state.progress.done, state.progress.of);
    }
  } finally {
    progress.end();
    process.off('SIGINT', cancel);
  }
  if (state.report !== null) return state.report;
  const { code, message } = state.failure ?? { code: 'CANARY_ENDED', message: 'It was cancelled.' };
  throw new TollgridError(code as ErrorCode, message);
}
