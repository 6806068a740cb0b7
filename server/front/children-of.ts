/** Engine and rater of a front, and what it does when they say something. */
import { Children } from './children.ts';
import type { FrontParts } from './front.ts';

export function childrenOf(front: FrontParts): Children {
  const { config, metrics, processed, settlements, delays, rerates, logger } = front;
  return new Children(
    config,
    {
      headNo: () => front.log.headNo,
      onProcessed: (entryNo, statistics, newestEvents) => {
        processed.set(entryNo);
        metrics.follow(statistics);
        settlements.follow(statistics.settlements);
        delays.reached(entryNo, newestEvents);
      },
      onRerating: (message) => {
        if (rerates.heard(message)) metrics.followRerate(message);
      },
      onRaterEnded: () => [processed, rerates].forEach((part) => part.raterEnded()),
      onKept: (state) => {
        metrics.followKept(state);
        if (state.archivedSegments + state.removedSegments > 0) void front.readersAnew();
      },
    },
    logger,
    front.role,
  );
}
