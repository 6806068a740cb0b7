/** Moves the front's checkpoint on, in a process of its own with a low priority: folding must not delay an answer. */
import { toTollgridError } from '../../platform/errors.ts';
import { followParent } from '../../platform/supervise.ts';
import { advanceCheckpoint } from './checkpoint.ts';

followParent();
process.once('message', ({ dataDir, upTo, wholly }: { dataDir: string; upTo: number; wholly: boolean }) => {
  advanceCheckpoint(dataDir, upTo, wholly).then(
    (head) => process.send!({ head }, () => process.exit(0)),
    (error: unknown) => process.send!({ failure: toTollgridError(error).message }, () => process.exit(1)),
  );
});
