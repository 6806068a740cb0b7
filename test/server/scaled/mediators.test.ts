import { expect, test } from 'vitest';
import { Mediators, type OneMediator } from '../../../server/scaled/mediators.ts';
import { until } from '../../support/until.ts';

class FakeMediator implements OneMediator {
  hasEnded = false;
  stops = 0;

  async stop(): Promise<void> {
    this.stops++;
  }
}

function started(orders: string[], open: (order: string) => Promise<FakeMediator>) {
  const failures: [string | undefined, string][] = [];
  const mediators = new Mediators({
    orders: async () => orders,
    open,
    failed: (error, order) => failures.push([order, (error as Error).message]),
    lookMs: 1,
  });
  return { mediators, failures };
}

test('a mediator that can go no further is stopped and opened again', async () => {
  const opened: FakeMediator[] = [];
  const { mediators } = started(['a'], async () => {
    opened.push(new FakeMediator());
    return opened.at(-1)!;
  });
  await until('it is opened', () => opened.length === 1);
  opened[0].hasEnded = true;
  await until('it is opened again', () => opened.length === 2);
  expect(opened[0].stops).toBe(1);
  await mediators.stop();
  expect(opened.map(({ stops }) => stops)).toEqual([1, 1]);
});

test('an order that cannot be read is tried again and keeps no other waiting', async () => {
  const opened: string[] = [];
  let broken = true;
  const { mediators, failures } = started(['a', 'b'], async (order) => {
    if (order === 'a' && broken) throw new Error('no room');
    opened.push(order);
    return new FakeMediator();
  });
  await until('the other is opened', () => opened.length === 1 && failures.length > 1);
  expect(opened).toEqual(['b']);
  expect(failures[0]).toEqual(['a', 'no room']);
  broken = false;
  await until('both are opened', () => opened.length === 2);
  await mediators.stop();
  expect(opened).toEqual(['b', 'a']);
});
