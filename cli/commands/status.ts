import { show } from '../answers.ts';
import { connect, findFront } from '../client.ts';
import type { CommandSpec } from '../command.ts';
import { copyLines } from '../copy-lines.ts';
import { tableLines, whole } from '../table.ts';
import { noticeLines } from '../start-lines.ts';
import { archiveLines, storedLines } from '../stored-lines.ts';
import type { Status } from '../../schemas/api/operation.ts';

export const status: CommandSpec = {
  usage: 'status',
  summary: 'Say whether Tollgrid runs here and how far it is; exits 3 when it does not run',
  configured: true,
  examples: ['tollgrid status'],
  run: async (context) => {
    const { dataDir } = await context.config();
    const front = findFront(dataDir);
    if (front === null) {
      show(context, { running: false, dataDir }, () => [`Tollgrid does not run on ${dataDir}.`]);
      return 3;
    }
    const answer: Status = await connect(front.url, front.token).get('/v1/status');
    show(context, { running: true, url: front.url, pid: front.pid, ...answer }, () => [
      `Tollgrid ${answer.version} runs on ${dataDir} as process ${front.pid}: ${front.url}`,
      answer.ready ? 'ready' : `not ready: ${answer.reasons.join('; ')}${answer.takesUsage ? ' (usage is taken)' : ''}`,
      `log entry ${whole(answer.logHead)}, in the ledger up to ${whole(answer.processedEntry)}, ${whole(answer.inFlightEntries)} in flight`,
      ...archiveLines(answer.archive),
      ...storedLines(answer.stored),
      ...copyLines(answer),
      ...noticeLines(answer.notices),
      ...tableLines(
        [
          { head: 'process', value: (child) => child.role },
          { head: 'state', value: (child) => (child.up ? 'up' : 'DOWN') },
          { head: 'id', value: (child) => child.pid ?? '', align: 'right' },
          { head: 'restarts', value: (child) => child.restarts, align: 'right' },
        ],
        answer.children,
      ),
    ]);
    return answer.ready ? 0 : 3;
  },
};
