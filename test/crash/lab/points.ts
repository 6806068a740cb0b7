/**
 * Death at every single operation on Tollgrid's own files: each write, sync, rename and removal of one short life is
 * counted, and then a life is led for each of them that ends just there, before it, after it, or in the middle of it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../platform/paths.ts';
import { Random } from '../random.ts';
import { temporary } from './kills.ts';
import { Installation, StartFailed } from './installation.ts';
import { Load } from './load.ts';

/** Who dies; of the rater also when one of its threads does something. */
export type DyingRole = 'front' | 'rater' | 'worker';

export interface Point {
  role: DyingRole;
  files: 'own' | 'registry';
  at: number;
  how: 'before' | 'after' | 'torn' | 'fail';
  /** What the operation was when they were counted. */
  what: string;
}

export interface PointResult {
  point: Point;
  /** Whether the process came to that operation: lives differ a little. */
  reached: boolean;
  wrong: string[];
}

export type Where = readonly [DyingRole, Point['files']];

export const WHERE: readonly Where[] = [
  ['front', 'own'],
  ['front', 'registry'],
  ['rater', 'own'],
  ['worker', 'own'],
];

const HOOK = path.join(projectRoot, 'test', 'crash', 'lab', 'death.mjs');

/** A prepared data directory that every life starts from. */
export class PointLaboratory {
  private readonly template: string;
  private readonly seed: number;

  private constructor(template: string, seed: number) {
    this.template = template;
    this.seed = seed;
  }

  static async open(seed: number): Promise<PointLaboratory> {
    const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-points-'));
    const installation = new Installation({ folder });
    installation.prepare();
    await installation.start();
    await installation.stop();
    return new PointLaboratory(folder, seed);
  }

  close(): void {
    fs.rmSync(this.template, { recursive: true, force: true });
  }

  /** All points of one life, before, after and (writes) in the middle. */
  async points(where: readonly Where[] = WHERE): Promise<Point[]> {
    const points: Point[] = [];
    for (const [role, files] of where) {
      for (const { at, what } of thinned(await this.count(role, files))) {
        const hows = what.startsWith('write') ? (['before', 'torn', 'after'] as const) : (['before', 'after'] as const);
        for (const how of hows) points.push({ role, files, at, how, what });
      }
    }
    return points;
  }

  /** Points at which a sync says EIO. PGlite does not sync. */
  async failingSyncs(where: readonly Where[] = WHERE): Promise<Point[]> {
    const points: Point[] = [];
    for (const [role, files] of where) {
      const syncs = (await this.count(role, files)).filter((what) => what.startsWith('sync'));
      for (const [index, what] of syncs.entries()) points.push({ role, files, at: index + 1, how: 'fail', what });
    }
    return points;
  }

  /** What happens to files in a life without death, in order. */
  private async count(role: DyingRole, files: Point['files']): Promise<string[]> {
    const trace = path.join(this.template, `trace-${role}-${files}`);
    if (!fs.existsSync(trace)) {
      fs.writeFileSync(trace, '');
      await this.live({ role, files, at: 0, how: 'before', what: '' }, trace);
    }
    return fs.readFileSync(trace, 'utf8').split('\n').slice(0, -1);
  }

  async die(point: Point): Promise<PointResult> {
    return this.live(point, undefined);
  }

  private async live(point: Point, trace: string | undefined): Promise<PointResult> {
    const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-point-'));
    fs.cpSync(this.template, folder, { recursive: true });
    const installation = new Installation({ folder });
    installation.prepare();
    const marker = path.join(folder, 'happened');
    const plan = { dataDir: installation.dataDir, marker, ...point, code: 'EIO', trace };
    const env = {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${HOOK}`.trim(),
      TOLLGRID_DEATH: JSON.stringify(plan),
    };
    // The same seed: each life does the same until it dies.
    const load = new Load(installation, new Random(this.seed));
    const wrong: string[] = [];
    try {
      if (await this.startOrDie(installation, env)) await this.work(installation, load);
      if (installation.isRunning) installation.killAll();
      await installation.gone();
      if (trace !== undefined) {
        fs.rmSync(folder, { recursive: true, force: true });
        return { point, reached: false, wrong };
      }
      await installation.start();
      await load.askAgain();
      wrong.push(...(await load.judge()));
      if (installation.isRunning) await installation.stop();
    } catch (error) {
      wrong.push((error as Error).stack ?? String(error));
    }
    const reached = fs.existsSync(marker);
    installation.killAll();
    await installation.gone();
    fs.rmSync(folder, { recursive: true, force: true });
    return { point, reached, wrong: wrong.map((what) => `${describePoint(point)}: ${what}`) };
  }

  /** A failed sync during the start may refuse it with a code: then there is nothing to be done in this life. */
  private async startOrDie(installation: Installation, env: NodeJS.ProcessEnv): Promise<boolean> {
    try {
      return await installation.start(env);
    } catch (error) {
      if (error instanceof StartFailed && /^[A-Z]+(_[A-Z]+)*: /m.test(error.output)) return false;
      throw error;
    }
  }

  /** Something of each kind, then an orderly stop, which keeps a checkpoint. */
  private async work(installation: Installation, load: Load): Promise<void> {
    await load.each();
    if (!installation.isRunning) return;
    const settled = load.observe(5_000).catch(() => undefined);
    await Promise.race([settled, installation.gone()]);
    if (installation.isRunning) await installation.stop();
  }
}

export function describePoint({ role, files, at, how, what }: Point): string {
  return `${how === 'fail' ? 'EIO at' : `death ${how}`} operation ${at} of the ${role} on ${files} files (${what})`;
}

/** Of many operations of one kind on one file in a row (a table written piece by piece) some are enough. */
function thinned(trace: readonly string[]): { at: number; what: string }[] {
  const all = trace.map((what, index) => ({ at: index + 1, what }));
  return all.filter(({ what }, index) => {
    const first = trace.slice(0, index + 1).findLastIndex((one) => one !== what) + 1;
    const next = trace.slice(index).findIndex((one) => one !== what);
    const last = next < 0 ? trace.length - 1 : index + next - 1;
    const inRow = index - first;
    return inRow < 3 || index === last || inRow === (last - first) >> 1;
  });
}
