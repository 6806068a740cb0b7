/** What the laboratory says of files that are late, and of usage that waits for its customer. */
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TollgridError } from '../../platform/errors.ts';
import type { Installation } from './lab/installation.ts';
import { Load } from './lab/load.ts';
import { until } from '../support/until.ts';
import { Random } from './random.ts';
import { priceOf, recordOfLine } from './usage.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-load-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** An installation that runs, and has received so many records of the file `drop-0.ndjson`; of them nothing is charged. */
function having(received: number): Installation {
  const records = received === 0 ? [] : [{ file: { name: 'drop-0.ndjson' }, received }];
  const audit = { closes: true, records, total: { received, inFlight: 0, difference: 0 }, money: [] };
  const get = (route: string): Promise<unknown> =>
    Promise.resolve(route === '/v1/audit' ? audit : { items: [], next: null });
  return { folder, inbox: folder, api: { get } } as unknown as Installation;
}

it('tells a file that has not arrived in time, or not to its end, as late and not as lost', async () => {
  for (const received of [0, 1]) {
    const load = new Load(having(received), new Random(1));
    await load.drop();
    const wrong = await load.judge(100);
    expect(wrong[0]).toBe('drop-0.ndjson did not arrive in 100 ms');
    expect(wrong.filter((what) => what.includes('lost'))).toEqual([]);
  }
});

it('calls records lost that are counted and not charged', async () => {
  const load = new Load(having(1000), new Random(1));
  await load.drop();
  expect(await load.judge(100)).toContain('record 0 was acknowledged and is lost');
});

/** An installation of one customer at most: usage waits until it is tried again after the customer was registered. */
class OneCustomer {
  readonly waiting = new Map<number, string>();
  readonly rated: number[] = [];
  /** The next change or recycling is done, and its answer waits for this. */
  answer: Promise<void> = Promise.resolve();
  private registered: string[] = [];
  private readonly dataDir = path.join(folder, 'data');
  private readonly server = createServer((asked, answer) => {
    void text(asked).then((line) => {
      this.waiting.set(recordOfLine(line), line);
      answer.writeHead(202).end();
    });
  });

  async start(): Promise<Installation> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    fs.mkdirSync(path.join(this.dataDir, 'run'), { recursive: true });
    fs.writeFileSync(
      path.join(this.dataDir, 'run', 'front.json'),
      JSON.stringify({ pid: process.pid, url, token: '' }),
    );
    const { dataDir } = this;
    const api = {
      get: (route: string) => Promise.resolve(this.get(route)),
      post: (route: string, body: object) => this.post(route, body),
      stream: (route: string) => Promise.resolve([Buffer.from(this.waiting.get(Number(route.split('/')[3]))!)]),
    };
    return { dataDir, starts: 1, isRunning: true, api } as unknown as Installation;
  }

  stop(): void {
    this.server.close();
  }

  private post(route: string, body: object): Promise<void> {
    if (route === '/v1/registry/changes')
      this.registered = (body as { objects: { id: string }[] }).objects.map((o) => o.id);
    else if (this.registered.length > 0) this.rate();
    const { answer } = this;
    this.answer = Promise.resolve();
    return answer;
  }

  rate(): void {
    this.rated.push(...this.waiting.keys());
    this.waiting.clear();
  }

  private get(route: string): unknown {
    const sum = decimal(this.rated.reduce((total, no) => total + priceOf(no), 0n));
    const [rated, suspended] = [this.rated.length, this.waiting.size];
    const total = { received: rated + suspended, rated, suspended, inFlight: 0, difference: 0 };
    const money = [{ computed: sum, ledger: sum, aggregates: sum }];
    if (route === '/v1/audit') return { closes: true, records: [], total, money };
    if (route === '/v1/accounts') return { items: this.registered.map((id) => ({ id })) };
    if (route === '/v1/suspense') return { items: [...this.waiting.keys()].map((no) => ({ address: String(no) })) };
    const charge = (no: number): object => ({ quantity: 1000 + no, amount: decimal(priceOf(no)), sign: 1 });
    return { items: this.rated.map(charge), next: null };
  }
}

function decimal(micros: bigint): string {
  return (Number(micros) / 1e6).toFixed(6);
}

describe('usage that waits for its customer', () => {
  let there: OneCustomer;
  let load: Load;

  beforeEach(async () => {
    there = new OneCustomer();
    load = new Load(await there.start(), new Random(1));
  });
  afterEach(() => there.stop());

  it('may be rated by a recycling that was asked before the customer came, and once more after a death', async () => {
    there.answer = Promise.reject(new TollgridError('FRONT_UNREACHABLE', 'it was killed'));
    await load.recycle();
    await load.customer();
    expect(there.rated).toEqual([]);
    await load.askAgain();
    expect(there.rated).toEqual([0]);
    expect(await load.judge(100)).toEqual([]);
  });

  it('may be rated by a recycling that comes before the answer to the registration', async () => {
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    there.answer = answered;
    const registering = load.customer();
    await until('the customer is registered', () => there.answer !== answered);
    await load.recycle();
    expect(there.rated).toEqual([0]);
    answer();
    await registering;
    expect(await load.judge(100)).toEqual([]);
  });

  it('is wrong when it is rated though nobody asked for it', async () => {
    await load.customer();
    there.rate();
    expect(await load.judge(100)).toEqual(['record 0 is rated and should be suspended']);
  });

  it('is wrong when it still waits after an answered recycling', async () => {
    await load.customer();
    const [[no, line]] = [...there.waiting];
    await load.recycle();
    expect(await load.judge(100)).toEqual([]);
    there.rated.pop();
    there.waiting.set(no, line);
    expect(await load.judge(100)).toEqual(['record 0 is suspended and should be rated']);
  });
});
