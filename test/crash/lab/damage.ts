/**
 * Bytes that rot or are missing, in each kind of file: what is a view is computed again, what is acknowledged and cannot
 * be made good is told with a code, and nothing is passed over.
 */
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../platform/paths.ts';
import { Random } from '../random.ts';
import { temporary } from './kills.ts';
import { Installation, pause, StartFailed } from './installation.ts';
import { exported, Load } from './load.ts';

/** What has to come of it: all as it was, a start refused with a code, or a verification that names it. */
export type Expected = 'as it was' | 'LOG_DAMAGED' | 'named by verify';

const RECOVERY_MS = 180_000;

export interface Damage {
  name: string;
  expected: Expected;
  /** Harms files of a data directory that nobody uses just now. */
  harm: (dataDir: string, random: Random) => void;
}

export const DAMAGES: readonly Damage[] = [
  {
    name: 'a bit of the log, before its last entry',
    expected: 'LOG_DAMAGED',
    harm: (dir, random) => flip(only(dir, 'log'), random, beforeLastFrame),
  },
  { name: 'half an entry behind the log', expected: 'as it was', harm: (dir) => appendPart(only(dir, 'log')) },
  {
    name: 'a bit of the journal of totals',
    expected: 'as it was',
    harm: (dir, random) => flip(path.join(dir, 'ledger', 'totals'), random),
  },
  {
    name: 'half of the journal of totals',
    expected: 'as it was',
    harm: (dir) => halve(path.join(dir, 'ledger', 'totals')),
  },
  {
    name: 'a bit of the checkpoint',
    expected: 'as it was',
    harm: (dir, random) => flip(path.join(dir, 'rater', 'checkpoint.json'), random),
  },
  {
    name: 'a bit of what is remembered of duplicates',
    expected: 'as it was',
    harm: (dir, random) => flip(find(path.join(dir, 'rater'), /duplicates/), random),
  },
  {
    name: 'half of what is remembered of duplicates',
    expected: 'as it was',
    harm: (dir) => halve(find(path.join(dir, 'rater'), /duplicates/)),
  },
  {
    name: 'half of a part of the ledger',
    expected: 'as it was',
    harm: (dir) => halve(find(path.join(dir, 'engine'), /data\.bin$/)),
  },
  {
    name: 'a bit of a part of the ledger',
    expected: 'as it was',
    harm: (dir, random) => flip(find(path.join(dir, 'engine'), /data\.bin$/), random),
  },
  {
    name: 'the whole registry database',
    expected: 'as it was',
    harm: (dir) => fs.rmSync(path.join(dir, 'registry'), { recursive: true }),
  },
  {
    name: 'a bit of the image of an empty registry',
    expected: 'as it was',
    harm: (dir, random) => {
      fs.rmSync(path.join(dir, 'registry.clean'));
      const image = path.join(dir, 'registry.empty');
      const built = path.join(projectRoot, 'dist', 'registry', 'empty.image');
      if (!fs.existsSync(image)) fs.copyFileSync(built, image);
      flip(image, random);
    },
  },
  {
    name: 'the mark of an orderly end',
    expected: 'as it was',
    harm: (dir) => fs.writeFileSync(path.join(dir, 'registry.clean'), 'x'),
  },
  {
    name: 'a lock file without content',
    expected: 'as it was',
    harm: (dir) => fs.writeFileSync(path.join(dir, 'lock'), ''),
  },
  {
    name: 'an address without content',
    expected: 'as it was',
    harm: (dir) => write(path.join(dir, 'run', 'front.json')),
  },
  {
    name: 'half a copy in the spool',
    expected: 'as it was',
    harm: (dir) => write(path.join(dir, 'spool', 'tmp', 'left')),
  },
  {
    name: 'a bit of a spooled file',
    expected: 'named by verify',
    harm: (dir, random) => flip(find(path.join(dir, 'spool'), /[0-9a-f]{64}$/), random),
  },
  {
    name: 'half of a spooled file',
    expected: 'named by verify',
    harm: (dir) => halve(find(path.join(dir, 'spool'), /[0-9a-f]{64}$/)),
  },
];

/** An installation with usage in it, stopped in order; a copy of it is harmed each time. */
export class DamageLaboratory {
  private readonly folder: string;
  private readonly load: Load;
  private readonly canonical: string;

  private constructor(folder: string, load: Load, canonical: string) {
    this.folder = folder;
    this.load = load;
    this.canonical = canonical;
  }

  static async open(seed: number): Promise<DamageLaboratory> {
    const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-damage-'));
    const installation = new Installation({ folder });
    const load = new Load(installation, new Random(seed));
    installation.prepare();
    await installation.start();
    await load.each();
    await load.burst(3);
    await load.observe();
    const canonical = await exported(installation);
    await installation.stop();
    return new DamageLaboratory(folder, load, canonical);
  }

  close(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** What is wrong with what came of it; empty when it was as expected. */
  async try({ name, expected, harm }: Damage, seed: number): Promise<string[]> {
    const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-damaged-'));
    fs.cpSync(this.folder, folder, { recursive: true, preserveTimestamps: true });
    const installation = new Installation({ folder });
    installation.prepare();
    try {
      harm(installation.dataDir, new Random(seed));
      const found = await this.outcome(installation);
      return found === expected ? [] : [`${name} (seed ${seed}): ${found} instead of ${expected}`];
    } finally {
      installation.killAll();
      await installation.gone();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  private async outcome(installation: Installation): Promise<string> {
    try {
      await installation.start();
      if (!(await caughtUp(installation))) return `not caught up: ${await whyNotReady(installation)}`;
      const { checks } = await installation.api.post<Verified>('/v1/admin/verify', {});
      const named = checks.filter(({ ok }) => !ok);
      if (named.length > 0) return 'named by verify';
      const { closes } = await installation.api.get<{ closes: boolean }>('/v1/audit');
      if (!closes) return 'an audit that does not close';
      if ((await exported(installation)) !== this.canonical) return 'another export';
      // What was taken before is known again.
      await this.load.sendAllAgain(installation);
      return (await exported(installation)) === this.canonical ? 'as it was' : 'duplicates that were rated';
    } catch (error) {
      const text = error instanceof StartFailed ? error.output : String((error as Error).stack);
      return /\b([A-Z]+_[A-Z_]+):/.exec(text)?.[1] ?? text;
    }
  }
}

/** False when it takes too long; an engine that is just being started again answers a little later. */
async function caughtUp({ api }: Installation): Promise<boolean> {
  for (const endMs = performance.now() + RECOVERY_MS; performance.now() < endMs;) {
    const asked = api.get('/v1/audit', { wait: true }).then(
      () => true,
      () => pause(100),
    );
    if ((await Promise.race([asked, pause(RECOVERY_MS)])) === true) return true;
  }
  return false;
}

async function whyNotReady({ api }: Installation): Promise<string> {
  return (await fetch(`${api.url}/ready`)).text();
}

interface Verified {
  checks: { name: string; ok: boolean; detail: string }[];
}

function only(dir: string, folder: string): string {
  return path.join(dir, folder, fs.readdirSync(path.join(dir, folder)).sort()[0]!);
}

/** The largest file below a folder whose path fits. */
function find(folder: string, fits: RegExp): string {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => fits.test(file) && fs.statSync(file).isFile())
    .sort((a, b) => fs.statSync(b).size - fs.statSync(a).size);
  if (files.length === 0) throw new Error(`nothing below ${folder} fits ${fits}`);
  return files[0]!;
}

function flip(file: string, random: Random, within = (bytes: Buffer): number => bytes.length): void {
  const bytes = fs.readFileSync(file);
  bytes[random.below(within(bytes))]! ^= 1 << random.below(8);
  fs.writeFileSync(file, bytes);
}

function beforeLastFrame(bytes: Buffer): number {
  return bytes.lastIndexOf('TGL1');
}

function halve(file: string): void {
  fs.truncateSync(file, fs.statSync(file).size >> 1);
}

/** A copy of the first bytes of the log: a header whose entry never came. */
function appendPart(file: string): void {
  fs.appendFileSync(file, fs.readFileSync(file).subarray(0, 60));
}

function write(file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '');
}
