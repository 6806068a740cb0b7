import { beforeEach, describe, expect, it } from 'vitest';
import { RecordBatches } from '../../../server/front/record-batches.ts';

const record = (text: string): Uint8Array => Buffer.from(text);

let appended: string[][];
let finish: { resolve(): void; reject(error: Error): void }[];
let batches: RecordBatches;

beforeEach(() => {
  appended = [];
  finish = [];
  const append = (records: readonly Uint8Array[], _positions: unknown, pieces: boolean): Promise<void> => {
    appended.push([...records.map((one) => Buffer.from(one).toString()), ...(pieces ? ['(pieces)'] : [])]);
    return new Promise((resolve, reject) => finish.push({ resolve, reject }));
  };
  batches = new RecordBatches(append, { waitingBytesMax: 20, batchBytesMax: 10 });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('records on their way into the log', () => {
  it('gather while a batch is being made durable, in order, and are promised only then', async () => {
    const done: string[] = [];
    const take = (text: string): void => void batches.take([record(text)]).then(() => done.push(text));
    for (const text of ['a', 'b', 'c']) take(text);
    await turn();
    expect([appended, done]).toEqual([[['a']], []]);
    finish[0].resolve();
    await turn();
    expect([appended, done]).toEqual([[['a'], ['b', 'c']], ['a']]);
    finish[1].resolve();
    await turn();
    expect([done, batches.received, batches.receivedBytes]).toEqual([['a', 'b', 'c'], 3, 6]);
  });

  it('form batches of a bounded size, and one larger record a batch of its own', async () => {
    for (const text of ['1', '12345', '12', '1234567890123']) void batches.takeWhenRoom([record(text)]);
    for (let i = 0; i < 4; i++) {
      await turn();
      finish[i]?.resolve();
    }
    await turn();
    expect(appended).toEqual([['1'], ['12345', '12'], ['1234567890123']]);
  });

  it('never share a batch with pieces of records', async () => {
    for (const text of ['a', 'b']) void batches.takeWhenRoom([record(text)]);
    for (const text of ['c', 'd']) void batches.takePieces([record(text)]);
    void batches.takeWhenRoom([record('e')]);
    for (let i = 0; i < 4; i++) {
      await turn();
      finish[i]?.resolve();
    }
    expect(appended).toEqual([['a'], ['b'], ['c', 'd', '(pieces)'], ['e']]);
  });

  it('are refused where too many wait, or wait for room', async () => {
    void batches.take([record('123456789012345678901')]);
    await expect(batches.take([record('x')])).rejects.toMatchObject({ code: 'INTAKE_BUSY' });
    let late = false;
    void batches.takeWhenRoom([record('y')]).then(() => (late = true));
    await turn();
    expect(appended).toHaveLength(1);
    finish[0].resolve();
    await turn();
    finish[1].resolve();
    await turn();
    expect([appended[1], late]).toEqual([['y'], true]);
  });

  it('of many that wait for room are all taken, in their order, however little room there is', async () => {
    const texts = Array.from({ length: 20 }, (_, no) => `record ${no + 10}`);
    const taken = texts.map((text) => batches.takeWhenRoom([record(text)]));
    const all = Promise.all(taken);
    for (let i = 0; i < texts.length; i++) {
      await turn();
      finish[i].resolve();
    }
    await all;
    expect(appended).toEqual(texts.map((text) => [text]));
  });

  it('that could not be made durable are refused, and the next ones are tried', async () => {
    const first = batches.take([record('a')]);
    const second = batches.take([record('b')]);
    finish[0].reject(new Error('no disk'));
    await expect(first).rejects.toThrow('no disk');
    await turn();
    finish[1].resolve();
    await second;
    expect(batches.received).toBe(1);
  });
});
