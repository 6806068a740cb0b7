/**
 * One life of the simulated machine: usage of all kinds, faults in between, recoveries, and after each of them the
 * naive model's judgement. The same seed gives the same life.
 */
import { toTollgridError } from '../../../platform/errors.ts';
import { Model, type Fate, type Submission } from '../model.ts';
import { KNOWN_ACCOUNT, line } from '../usage.ts';
import { NO_FAULTS } from './ledger.ts';
import { Random } from '../random.ts';
import type { SimFront } from './front.ts';
import { Stuck, World } from './world.ts';

export interface LifeResult {
  seed: number;
  /** What went wrong; empty when all held. */
  wrong: string[];
  powerCuts: number;
  kills: number;
  records: number;
  /** Damage in the log after a power cut, which is told and not passed over. */
  halts: number;
}

/** Planted bugs change the world before it lives. */
export type Plant = (world: World) => () => void;

const ROUNDS_MAX = 4;

/** A client that goes on asking until it is answered, as the manual says. */
interface Errand {
  submission: Submission;
  send: () => Promise<unknown>;
  /** The front that was asked and has not answered yet. */
  asked?: unknown;
}

class Life {
  private readonly world: World;
  private readonly random: Random;
  private readonly model = new Model();
  private errands: Errand[] = [];
  /** Acknowledged pushes. */
  private readonly pushed: Errand[] = [];
  private nextNo = 0;
  private fileNo = 0;
  private readonly accounts = new Map<string, { no: number; known: boolean }>();
  readonly result: LifeResult;

  constructor(world: World, seed: number) {
    this.world = world;
    this.random = world.random;
    this.result = { seed, wrong: [], powerCuts: 0, kills: 0, records: 0, halts: 0 };
  }

  async live(): Promise<void> {
    const { world, random } = this;
    await world.startFront();
    await world.inFront((front) => front.publishDefinitions());
    await world.recover();
    for (let round = 1 + random.below(ROUNDS_MAX); round > 0; round--) {
      await this.work();
      if (await this.misfortune()) return;
      await this.recoverAndJudge(false);
      if (this.result.wrong.length > 0) return;
    }
    await this.settleErrands();
    await this.recoverAndJudge(true);
    this.result.records = this.model.recordCount;
  }

  /** Some usage, and a fault arranged for the middle of it. */
  private async work(): Promise<void> {
    const { world, random } = this;
    const { ledger } = world;
    ledger.faults = random.chance(0.5)
      ? NO_FAULTS
      : {
          lostAnswer: random.pick([0, 0.2]),
          lateInsert: random.pick([0, 0.2]),
          partialInsert: random.pick([0, 0.2]),
          refused: random.pick([0, 0.1]),
        };
    if (!world.raterAlive) await world.startRater();
    if (random.chance(0.7)) {
      const what = random.pick(['kill', 'kill', 'kill', 'failSync', 'failSync', 'full'] as const);
      const role = what === 'failSync' ? 'front' : random.pick(['front', 'rater', 'any'] as const);
      world.arrange({ role, countdown: 1 + random.below(what === 'failSync' ? 12 : 40), what });
    }
    for (let step = 2 + random.below(5); step > 0 && world.frontAlive; step--) {
      const together = Array.from({ length: 1 + random.below(3) }, () => this.submit());
      // A refusal is the client's affair: it asks again later.
      for (const one of together) one.catch(() => undefined);
      // Mostly it is waited for; sometimes the next comes while it is under way.
      if (random.chance(0.8)) await this.settled(together);
      if (world.frontAlive && random.chance(0.2)) await this.settled([world.inFront((front) => front.checkpoint())]);
      else if (world.frontAlive && world.raterAlive && random.chance(world.keepLogChance))
        await this.settled([world.keepLog()]);
      if (!world.raterAlive && world.frontAlive && random.chance(0.7)) await world.startRater();
    }
    ledger.faults = NO_FAULTS;
  }

  private submit(): Promise<unknown> {
    const { random } = this;
    const chance = random.next();
    if (chance < 0.15) return this.register();
    // A client that lost the answer sends the same again, with the same key.
    if (chance < 0.25 && this.pushed.length > 0) return random.pick(this.pushed).send();
    const count = 1 + random.below(6);
    // Some of it was sent before: those are duplicates.
    const again = this.nextNo > 0 && random.chance(0.25) ? [random.below(this.nextNo)] : [];
    const numbers = [...again, ...Array.from({ length: count }, () => this.nextNo++)];
    if (chance < 0.55) return this.push(numbers);
    return this.drop(
      numbers,
      Array.from({ length: random.below(12) }, () => this.nextNo++),
    );
  }

  private accountOf = new Map<number, string>();

  private accountFor(no: number): string {
    const names = [...this.accounts.keys()];
    const chosen = names.length > 0 && this.random.chance(0.3) ? this.random.pick(names) : KNOWN_ACCOUNT;
    const account = this.random.chance(0.05) ? 'nobody' : chosen;
    if (!this.accountOf.has(no)) this.accountOf.set(no, account);
    return this.accountOf.get(no)!;
  }

  private textOf(no: number): string {
    return line(no, this.accountFor(no));
  }

  private send(numbers: number[]): Submission {
    for (const no of numbers) this.accountFor(no);
    const submission = this.model.send(numbers, ['rated']);
    for (const no of numbers) this.model.settleFates([no], this.fatesOf(no));
    return submission;
  }

  /** A record of an account that may or may not be known by then may be either. */
  private fatesOf(no: number): readonly Fate[] {
    const account = this.accountOf.get(no)!;
    const before = this.model.records('rated').includes(no) && this.seen.has(no);
    if (before) return this.seen.get(no)!;
    const fates: readonly Fate[] =
      account === KNOWN_ACCOUNT || this.accounts.get(account)?.known === true
        ? ['rated']
        : account === 'nobody'
          ? ['suspended']
          : ['rated', 'suspended'];
    this.seen.set(no, fates);
    return fates;
  }

  private readonly seen = new Map<number, readonly Fate[]>();

  /** `first`: the front that is asked before all others. */
  private push(numbers: number[], first?: SimFront): Promise<unknown> {
    const submission = this.send(numbers);
    const key = `key-${numbers.join('-')}-${this.fileNo++}`;
    const events = numbers.map((no) => Buffer.from(this.textOf(no)));
    const errand: Errand = {
      submission,
      send: () => this.world.inFront((front) => front.intake.push('push', events, key, key)),
    };
    const done = this.run(errand, first && (() => first.intake.push('push', events, key, key)));
    return done.then(() => this.pushed.push(errand));
  }

  /** A file in a source's folder: found again after a restart, unless the log knows it. */
  private drop(first: number[], rest: number[]): Promise<unknown> {
    const numbers = [...first, ...rest];
    const submission = this.send(numbers);
    const bytes = Buffer.from(numbers.map((no) => `${this.textOf(no)}\n`).join(''));
    const name = `file-${this.fileNo++}`;
    const facts = { source: 'folder', format: 'cloudevents', name, modifiedMs: 1 };
    return this.run({
      submission,
      send: () =>
        this.world.inFront(async (front) => {
          if (front.intake.knownClosed('folder', name, bytes.length, 1) !== undefined) return front.finishFiles();
          return front.intake.admitFile(facts, pieces(bytes));
        }),
    });
  }

  private async register(): Promise<void> {
    const id = `account-${this.accounts.size}`;
    const account = { no: 100 + this.accounts.size, known: false };
    this.accounts.set(id, account);
    const submission = this.model.send([], []);
    await this.run({
      submission,
      send: async () => {
        await this.world.inFront((front) => front.register(id, account.no));
        account.known = true;
      },
    });
  }

  private async run(errand: Errand, send = errand.send): Promise<void> {
    if (!this.errands.includes(errand)) this.errands.push(errand);
    errand.asked = this.world.front;
    try {
      await send();
    } catch (error) {
      errand.asked = null;
      throw error;
    }
    errand.submission.acknowledged = true;
    this.errands.splice(this.errands.indexOf(errand), 1);
  }

  /** Waits until all are done or refused, or the front has died. */
  private async settled(work: Promise<unknown>[]): Promise<void> {
    let open = work.length;
    for (const one of work)
      one.then(
        () => open--,
        () => open--,
      );
    const { world } = this;
    await world.until(
      () => open === 0 || !world.frontAlive || world.front!.intake.failure !== null || !world.raterAlive,
      'a client waits for ever',
    );
  }

  /** True when the life ends here. */
  private async misfortune(): Promise<boolean> {
    const { world, random, result } = this;
    const kind = random.pick([
      'none',
      'orderly',
      'rater',
      'engine',
      'all',
      'power',
      'power',
      'power',
      'bitRot',
      'ghost',
    ] as const);
    if (!world.frontAlive || !world.raterAlive) result.kills++;
    switch (kind) {
      case 'none':
        break;
      case 'orderly':
        if (world.frontAlive) await world.stopOrderly();
        break;
      case 'rater':
        result.kills++;
        world.killRater();
        break;
      case 'engine':
        world.killRater();
        world.ledger.engineDies();
        break;
      case 'all':
        result.kills++;
        world.kill();
        break;
      case 'power':
        result.powerCuts++;
        world.powerCut();
        break;
      case 'ghost':
        if (world.frontAlive && world.front!.intake.failure === null) await this.haunt();
        break;
      case 'bitRot':
        if (random.chance(0.5)) break;
        return this.rot();
    }
    return false;
  }

  /** A front that was taken for dead is asked by clients that do not know it yet. */
  private async haunt(): Promise<void> {
    const { world } = this;
    world.arrange(null);
    await world.haunt((ghost) => Promise.all([this.push([this.nextNo++], ghost), this.push([this.nextNo++], ghost)]));
  }

  /** A bit of the log rots somewhere before the last entry: it is told, and nothing is passed over. */
  private async rot(): Promise<boolean> {
    const { world, random, result } = this;
    await this.recoverAndJudge(false);
    if (result.wrong.length > 0) return true;
    await world.stopOrderly();
    const logs = world.disk.files.filter((file) => file.includes('/log/'));
    const file = random.pick(logs);
    const inode = world.disk.find(file)!;
    const lastFrame = inode.bytes.lastIndexOf('TGL1');
    if (lastFrame < 1) return false;
    inode.flip(random.below(lastFrame), random.below(8));
    const code = async (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'sound',
        (error: unknown) => toTollgridError(error).code,
      );
    const told = [await code(world.startFront()), await code(world.verifyLog())];
    result.halts++;
    if (!told.includes('LOG_DAMAGED')) result.wrong.push(`a rotten bit in ${file} was not told: ${told.join()}`);
    return true;
  }

  private async settleErrands(): Promise<void> {
    for (let tries = 0; this.errands.length > 0; tries++) {
      if (tries > 20) throw new Stuck('clients are never answered');
      await this.world.recover();
      // Whoever still waits for an answer of the living front does not ask again.
      const again = this.errands.filter(({ asked }) => asked !== this.world.front);
      for (const errand of again) await this.settled([this.run(errand)]);
      for (let turns = 0; again.length === 0 && turns < 100; turns++) await new Promise(setImmediate);
    }
  }

  private async recoverAndJudge(atEnd: boolean): Promise<void> {
    const { world, result, model } = this;
    try {
      await world.recover();
    } catch (error) {
      // A later entry of one unacknowledged group survived a power cut and an earlier one did not: told, not passed over.
      const { code, message } = toTollgridError(error);
      const first = /entry (\d+) cannot be read although/.exec(message)?.[1];
      if (code !== 'LOG_DAMAGED' || first === undefined || Number(first) <= world.acknowledgedNo) throw error;
      result.halts++;
      throw new Halted();
    }
    result.wrong.push(...model.judge(world.observe()));
    if (atEnd && result.wrong.length === 0) {
      await world.verifyLog();
      result.wrong.push(...(await world.verifyLedger()));
    }
  }
}

/** The log was halted for a reason that the manual names. */
class Halted extends Error {}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const half = bytes.length >>> 1;
  yield bytes.subarray(0, half);
  yield bytes.subarray(half);
}

let lives = 0;

export async function live(seed: number, plant: Plant = () => () => undefined): Promise<LifeResult> {
  const world = new World(new Random(seed), `${process.pid}-${++lives}`);
  const undo = plant(world);
  const life = new Life(world, seed);
  try {
    await life.live();
  } catch (error) {
    if (!(error instanceof Halted))
      life.result.wrong.push(`${toTollgridError(error).code}: ${(error as Error).message}`);
  } finally {
    undo();
    world.end();
  }
  return life.result;
}
