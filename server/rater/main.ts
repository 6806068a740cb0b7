/** The rater process: started and watched by the front, which tells it where the ledger is and how far the log goes. */
import { createLogger } from '../../platform/logger.ts';
import { followParent, reportReady, type ChildMessage } from '../../platform/supervise.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { FrontToRater, RaterToFront } from './messages.ts';
import { Rater } from './rater.ts';

followParent();

let rater: Rater | null = null;
/** The head may move while the rater is still being opened. */
let headNo = 0;
const logger = createLogger({ name: 'rater', level: 'error' });

function tell(message: RaterToFront): void {
  process.send?.(message);
}

/** A rater that cannot go on ends; it is started again and replays from its checkpoint. */
function fail(error: unknown): never {
  const { code, message } = toTollgridError(error);
  logger.error({ code, err: error }, 'rater stops');
  tell({ type: 'failed', code, message });
  process.exit(1);
}

async function handle(message: FrontToRater): Promise<void> {
  switch (message.type) {
    case 'start':
      headNo = Math.max(headNo, message.headNo);
      rater = await Rater.open(message.options, headNo, tell);
      rater.setHead(headNo);
      void rater.run().catch(fail);
      return;
    case 'head':
      headNo = Math.max(headNo, message.headNo);
      rater?.setHead(headNo);
      return;
    case 'rebuild':
      await rater?.rebuild(message.threads);
      return;
    case 'verify':
      tell({ type: 'verified', requestNo: message.requestNo, checks: (await rater?.verify()) ?? [] });
      return;
  }
}

reportReady(
  {},
  {
    stop: async () => {
      try {
        await rater?.stop();
      } catch (error) {
        fail(error);
      }
    },
    message: (message: ChildMessage) => void handle(message as FrontToRater).catch(fail),
  },
);
