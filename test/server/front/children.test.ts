/** What is answered before engine and rater are up. */
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../platform/config.ts';
import { Children } from '../../../server/front/children.ts';

it('whoever asks for the ledger before it was looked at hears that Tollgrid is starting, not that something is broken', () => {
  const events = {
    onProcessed: () => undefined,
    onKept: () => undefined,
    headNo: () => 0,
    onRerating: () => undefined,
    onRaterEnded: () => undefined,
  };
  const children = new Children(loadConfig({ env: {} }), events, pino({ level: 'silent' }));
  expect(() => children.ledger).toThrow(expect.objectContaining({ code: 'STARTING' }));
});
