/**
 * Mixed load on an installation: pushes, uploads, files in a folder, new customers, recycling. A client that gets no
 * answer asks again after the restart, with the same key. What was acknowledged is told to the naive model.
 */
import fs from 'node:fs';
import path from 'node:path';
import { request } from 'node:http';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import { TollgridError } from '../../../platform/errors.ts';
import { Model, type Observed, type Submission } from '../model.ts';
import type { Random } from '../random.ts';
import { FORMAT, KNOWN_ACCOUNT, line, recordOfLine, recordOfQuantity } from '../usage.ts';
import { findFront } from '../../../cli/client.ts';
import { pause, type Installation } from './installation.ts';

/** Something that a client wants done; it asks until it is answered. */
interface Errand {
  submission: Submission;
  send: () => Promise<unknown>;
  /** What follows from the answer. */
  done?: () => Promise<void> | void;
}

/** A file in the folder of a source: it stays there, so it must arrive. */
interface Dropped {
  name: string;
  submission: Submission;
}

const OBSERVE_MS = 180_000;
const RECORDS_IN_FILE = 60;
/** Now and then one of several slices. */
const RECORDS_IN_LARGE_FILE = 800;

export class Load {
  readonly model: Model;
  /** Accounts whose creation was acknowledged. */
  readonly accounts: string[] = [];
  /** Lines as they were sent first, to feed an undisturbed installation with the same. */
  readonly lines = new Map<number, string>();
  /** By customer whose registration was sent: what waits for it until a recycling is answered that came after it. */
  private readonly waitingFor = new Map<string, number[]>();
  private readonly to: Installation;
  private readonly random: Random;
  private errands: Errand[] = [];
  private nextNo = 0;
  private keys = 0;
  private readonly files: Dropped[] = [];
  /** Files in the folder that were not taken in within the time, in words. */
  private late: string[] = [];

  /** `before`: what was done in a folder of which `to` has a copy. All of it was answered, or stands in the inbox. */
  constructor(to: Installation, random: Random, before: Load | null = null) {
    this.to = to;
    this.random = random;
    this.model = before?.model.copy() ?? new Model();
    if (before === null) return;
    this.accounts.push(...before.accounts);
    for (const [no, text] of before.lines) this.lines.set(no, text);
    for (const [id, numbers] of before.waitingFor) this.waitingFor.set(id, numbers);
    for (const { name } of before.files) this.files.push({ name, submission: { numbers: [], acknowledged: true } });
    this.nextNo = before.nextNo;
    this.keys = before.keys;
  }

  /** Sends something of each kind; resolves when every one is answered or refused. */
  async burst(size: number): Promise<void> {
    const { random } = this;
    const work = Array.from({ length: size }, () => {
      const chance = random.next();
      if (chance < 0.6) return this.push();
      if (chance < 0.75) return this.upload();
      if (chance < 0.9) return this.drop();
      return this.customer();
    });
    await Promise.all(work);
  }

  /** One of each kind, one after the other. */
  async each(): Promise<void> {
    await this.push();
    await this.upload();
    await this.drop();
    await this.customer();
    await this.recycle();
  }

  /** Asks again whatever was not answered, as long as the one that was asked lives. */
  async askAgain(): Promise<void> {
    const { starts } = this.to;
    const lives = (): boolean => this.to.isRunning && this.to.starts === starts;
    for (let tries = 0; this.errands.length > 0 && lives(); tries++) {
      const errands = this.errands.splice(0);
      await Promise.all(errands.map((errand) => this.run(errand)));
      if (tries > 600) throw new Error('clients are never answered');
      if (this.errands.length > 0) await pause(50);
    }
  }

  private numbers(count: number): number[] {
    const again = this.nextNo > 0 && this.random.chance(0.2) ? [this.random.below(this.nextNo)] : [];
    const numbers = [...again, ...Array.from({ length: count }, () => this.nextNo++)];
    for (const no of numbers) if (!this.lines.has(no)) this.lines.set(no, line(no, this.accountFor()));
    return numbers;
  }

  private recordsInFile(): number {
    return 5 + this.random.below(this.random.chance(0.05) ? RECORDS_IN_LARGE_FILE : RECORDS_IN_FILE);
  }

  private accountFor(): string {
    const { random, accounts } = this;
    return accounts.length > 0 && random.chance(0.3) ? random.pick(accounts) : KNOWN_ACCOUNT;
  }

  private textOf(numbers: readonly number[]): string {
    return numbers.map((no) => `${this.lines.get(no)!}\n`).join('');
  }

  async push(): Promise<void> {
    const numbers = this.numbers(1 + this.random.below(5));
    const key = `key-${this.keys++}`;
    const body = this.textOf(numbers);
    await this.run({
      submission: this.model.send(numbers, ['rated']),
      send: () => postUsage(this.to, body, key),
    });
  }

  /** By HTTP, without a key: who asks again may send a duplicate, and knows it. */
  private async upload(): Promise<void> {
    const numbers = this.numbers(this.recordsInFile());
    const name = `upload-${this.keys++}.ndjson`;
    const file = path.join(this.to.folder, name);
    fs.writeFileSync(file, this.textOf(numbers));
    let submission = this.model.send(numbers, ['rated']);
    let asked = false;
    const errand: Errand = {
      submission,
      send: () => {
        if (asked) errand.submission = submission = this.model.send(numbers, ['rated']);
        asked = true;
        return this.to.api.putFile(`/v1/files/upload/${name}`, file, { format: FORMAT });
      },
    };
    await this.run(errand);
  }

  /** In the folder of a source, by a rename: it stays there, so it must arrive. */
  async drop(): Promise<void> {
    const numbers = this.numbers(this.recordsInFile());
    const name = `drop-${this.keys++}.ndjson`;
    const aside = path.join(this.to.folder, name);
    fs.writeFileSync(aside, this.textOf(numbers));
    fs.renameSync(aside, path.join(this.to.inbox, name));
    this.files.push({ name, submission: this.model.send(numbers, ['rated']) });
  }

  /** Usage of somebody nobody knows waits; then the customer is registered, and what waits is tried again. */
  async customer(): Promise<void> {
    const id = `customer-${this.keys++}`;
    const numbers = [this.nextNo++];
    for (const no of numbers) this.lines.set(no, line(no, id));
    const key = `key-${this.keys++}`;
    await this.run({
      submission: this.model.send(numbers, ['suspended']),
      send: () => postUsage(this.to, this.textOf(numbers), key),
      done: () => {
        this.waitingFor.set(id, numbers);
        return this.run({
          submission: this.model.send([], []),
          send: () => this.to.api.post('/v1/registry/changes', { objects: customer(id) }),
          done: () => void this.accounts.push(id),
        });
      },
    });
  }

  /** The customers are there; what waits for them is tried again. */
  async recycle(): Promise<void> {
    await this.askAgain();
    if (this.errands.length > 0) return;
    let registered: string[] = [];
    await this.run({
      submission: this.model.send([], []),
      send: async () => {
        // Each time anew: customers come while the answer to an earlier time stays away.
        registered = [...this.accounts];
        try {
          await this.to.api.post('/v1/suspense/recycle', {});
        } finally {
          // Done or not, and a registration without an answer yet may have been before it.
          this.model.settleFates([...this.waitingFor.values()].flat(), ['rated', 'suspended']);
        }
      },
      done: () => {
        for (const id of registered) {
          this.model.settleFates(this.waitingFor.get(id) ?? [], ['rated']);
          this.waitingFor.delete(id);
        }
      },
    });
  }

  private async run(errand: Errand): Promise<void> {
    try {
      await errand.send();
    } catch (error) {
      if (error instanceof TollgridError && !MAY_ASK_AGAIN.includes(error.code)) throw error;
      this.errands.push(errand);
      return;
    }
    errand.submission.acknowledged = true;
    await errand.done?.();
  }

  /** What the ledger says, through the API, when everything that was sent stands in it or the time is over. */
  async observe(timeoutMs = OBSERVE_MS): Promise<Observed> {
    const { api } = this.to;
    const files = [...this.files];
    const until = performance.now() + timeoutMs;
    let audit = await patiently(until, () => api.get<AuditReport>('/v1/audit', { wait: true }));
    // Files in the folder are taken in one by one and slice by slice, and one that a death interrupted is taken to its end.
    const hasArrived = ({ name, submission }: Dropped): boolean =>
      audit.records.some(({ file, received }) => file?.name === name && received >= submission.numbers.length);
    const arrived = (): boolean => audit.closes && audit.total.inFlight === 0 && files.every(hasArrived);
    while (!arrived() && performance.now() < until) {
      await pause(30);
      audit = await patiently(until, () => api.get<AuditReport>('/v1/audit', { wait: true }));
    }
    // One that stays away is told as late: nobody has acknowledged it.
    this.late = files
      .filter((file) => !hasArrived(file))
      .map(({ name }) => `${name} did not arrive in ${timeoutMs} ms`);
    for (const file of files) file.submission.acknowledged ||= hasArrived(file);
    const { closes, total, money } = audit;
    const { difference, inFlight, ...counts } = total;
    const charges = await patiently(until, () => allCharges(this.to));
    const suspended = await patiently(until, () => allSuspended(this.to));
    const sum = (name: 'computed' | 'ledger' | 'aggregates'): bigint =>
      money.reduce((total, one) => total + micros(one[name]), 0n);
    return {
      charges,
      suspended,
      counts: { ...counts, 'not in order': difference + inFlight + (closes ? 0 : 1) },
      money: { computed: sum('computed'), ledger: sum('ledger'), aggregates: sum('aggregates') },
    };
  }

  /** Everything that was ever sent, once more, in one push. */
  async sendAllAgain(to: Installation): Promise<void> {
    await postUsage(to, this.textOf([...this.lines.keys()]), 'all-again');
    await to.api.get('/v1/audit', { wait: true });
  }

  /** Customers that are registered, without the first so many. */
  customersFrom(index: number): object[] {
    return this.accounts.slice(index).flatMap(customer);
  }

  /** Everything wrong with ledger and registry, in words. */
  async judge(timeoutMs = OBSERVE_MS): Promise<string[]> {
    const wrong = this.model.judge(await this.observe(timeoutMs));
    wrong.unshift(...this.late);
    const { items } = await this.to.api.get<{ items: { id: string }[] }>('/v1/accounts', { limit: 1000 });
    const known = new Set(items.map(({ id }) => id));
    if (this.errands.length === 0) {
      for (const id of this.accounts) if (!known.has(id)) wrong.push(`account ${id} is not in the registry`);
    }
    return wrong;
  }
}

/** What a client meets while a process is down: it waits and asks again. */
const MAY_ASK_AGAIN = [
  'FRONT_UNREACHABLE',
  'LOG_BROKEN',
  'LOG_CLOSED',
  'LOG_BUSY',
  'STARTING',
  'STOPPING',
  'INTAKE_BUSY',
  'SPOOL_WRITE_FAILED',
  'LEDGER_UNAVAILABLE',
  'RATER_ENDED',
  'INTERNAL',
];

/** Reads may fail while the ledger is down. */
async function patiently<T>(until: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(30);
    }
  }
}

async function allCharges({ api }: Installation): Promise<Observed['charges']> {
  const charges: { no: number; micros: bigint }[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<{ items: ChargeItem[]; next: string | null }>('/v1/charges', { limit: 1000, cursor });
    for (const { quantity, amount, sign } of page.items) {
      if (sign !== 1) throw new Error('a charge was reversed, and nothing here reverses');
      charges.push({ no: recordOfQuantity(quantity), micros: micros(amount) });
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return charges;
}

async function allSuspended({ api }: Installation): Promise<number[]> {
  const page = await api.get<{ items: { address: string }[] }>('/v1/suspense', { limit: 1000 });
  return Promise.all(
    page.items.map(async ({ address }) => {
      const parts: Uint8Array[] = [];
      for await (const part of await api.stream(`/v1/suspense/${address}/bytes`)) parts.push(part);
      return recordOfLine(Buffer.concat(parts).toString('utf8'));
    }),
  );
}

export async function exported({ api }: Installation): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of await api.stream('/v1/export')) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function micros(decimal: string): bigint {
  const [whole, part = ''] = decimal.replace('-', '').split('.');
  const value = BigInt(whole! + part.padEnd(6, '0').slice(0, 6));
  return decimal.startsWith('-') ? -value : value;
}

/** Lines of JSON with an idempotency key, as the manual tells a client to. */
export function postUsage({ dataDir }: Installation, body: string, key: string): Promise<void> {
  const front = findFront(dataDir);
  const unreachable = (reason: string): TollgridError => new TollgridError('FRONT_UNREACHABLE', reason);
  return new Promise((resolve, reject) => {
    if (front === null) return reject(unreachable('it is not running'));
    const headers = {
      authorization: `Bearer ${front.token}`,
      'content-type': 'application/x-ndjson',
      'content-length': Buffer.byteLength(body),
      'idempotency-key': key,
    };
    const asking = request(new URL('/v1/usage?source=push', front.url), { method: 'POST', headers, agent: false });
    asking.on('error', (error) => reject(unreachable(error.message)));
    asking.on('response', (answer) => {
      const { statusCode } = answer;
      answer.resume();
      answer.on('error', (error) => reject(unreachable(error.message)));
      answer.on('end', () => (statusCode === 202 ? resolve() : reject(unreachable(`status ${statusCode}`))));
      answer.on('aborted', () => reject(unreachable('the answer broke off')));
    });
    asking.end(body);
  });
}

function customer(id: string): object[] {
  return [
    { kind: 'party', id, name: id },
    { kind: 'account', id, partyId: id, currency: 'EUR', timeZone: 'UTC' },
    {
      kind: 'subscription',
      id,
      accountId: id,
      identifiers: [{ kind: 'accountCode', value: id }],
      tariffs: [{ view: 'retail', service: 'voice', tariff: 'crash-plain' }],
    },
  ];
}
