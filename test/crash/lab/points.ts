/**
 * Death at each single operation on files: what a life does with them is counted first, then one is led for each operation
 * that ends just there, before it, after it, or in the middle of it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../platform/paths.ts';
import { Random } from '../random.ts';
import { temporary } from './kills.ts';
import { Installation, pause, StartFailed } from './installation.ts';
import { Load } from './load.ts';

/** Who dies; of the rater also when one of its threads does something. */
export type DyingRole = 'front' | 'rater' | 'worker';

/** What a life begins with: nothing, what an orderly end left, or what a kill left. */
export const BEGINNINGS = ['nothing', 'an end', 'a kill'] as const;
export type Beginning = (typeof BEGINNINGS)[number];

/** `own`: log, spool, totals, checkpoint and all else that Tollgrid writes; `registry`: those of PGlite. */
export type FilesOf = 'own' | 'registry';

export interface Point {
  beginning: Beginning;
  role: DyingRole;
  files: FilesOf;
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

export type Where = readonly [Beginning, DyingRole, FilesOf];

export const OWN: readonly Where[] = BEGINNINGS.flatMap((beginning) =>
  (['front', 'rater', 'worker'] as const).map((role) => [beginning, role, 'own'] as const),
);
/** A new one is made in tens of thousands of operations, and thrown away when it was not finished. */
export const REGISTRY: readonly Where[] = [['an end', 'front', 'registry']];

const REFUSING_MS = 500;
const HOOK = path.join(projectRoot, 'test', 'crash', 'lab', 'death.mjs');

interface Template {
  folder: string;
  /** What was done in it. */
  load: Load | null;
}

/** Prepared folders that lives start from. */
export class PointLaboratory {
  private readonly templates = new Map<Beginning, Template>();
  /** By beginning: operations by role and files, as `front-own`. */
  private readonly counted = new Map<Beginning, Promise<Map<string, string[]>>>();
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  close(): void {
    for (const { folder } of this.templates.values()) fs.rmSync(folder, { recursive: true, force: true });
  }

  /** All points of one life. What is after a write is before what follows it, so that is left out. */
  async points(where: readonly Where[]): Promise<Point[]> {
    const points: Point[] = [];
    for (const [beginning, role, files] of where) {
      for (const { at, what } of thinned(await this.count(beginning, role, files))) {
        const hows = what.startsWith('write') ? (['before', 'torn'] as const) : (['before', 'after'] as const);
        for (const how of hows) points.push({ beginning, role, files, at, how, what });
      }
    }
    return points;
  }

  /** Points at which a sync says EIO. PGlite does not sync. */
  async failingSyncs(where: readonly Where[] = OWN): Promise<Point[]> {
    const points: Point[] = [];
    for (const [beginning, role, files] of where) {
      const syncs = (await this.count(beginning, role, files)).filter((what) => what.startsWith('sync'));
      for (const [index, what] of syncs.entries())
        points.push({ beginning, role, files, at: index + 1, how: 'fail', what });
    }
    return points;
  }

  /** What happens to files in a life without death, in order; one life is enough for all who do something in it. */
  private async count(beginning: Beginning, role: DyingRole, files: FilesOf): Promise<string[]> {
    let counted = this.counted.get(beginning);
    if (counted === undefined) this.counted.set(beginning, (counted = this.countLife(beginning)));
    return (await counted).get(`${role}-${files}`) ?? [];
  }

  private async countLife(beginning: Beginning): Promise<Map<string, string[]>> {
    const traces = fs.mkdtempSync(path.join(temporary(), 'tollgrid-traces-'));
    const nobody: Point = { beginning, role: 'front', files: 'own', at: 0, how: 'before', what: '' };
    const { wrong } = await this.live(nobody, traces);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    const operations = (name: string): string[] =>
      fs.readFileSync(path.join(traces, name), 'utf8').split('\n').slice(0, -1);
    const counted = new Map(fs.readdirSync(traces).map((name) => [name, operations(name)]));
    fs.rmSync(traces, { recursive: true });
    return counted;
  }

  private async template(beginning: Beginning): Promise<Template> {
    const known = this.templates.get(beginning);
    if (known !== undefined) return known;
    const template: Template = { folder: fs.mkdtempSync(path.join(temporary(), 'tollgrid-points-')), load: null };
    this.templates.set(beginning, template);
    const installation = new Installation({ folder: template.folder });
    installation.prepare();
    if (beginning === 'nothing') return template;
    await installation.start();
    if (beginning === 'an end') {
      await installation.stop();
      return template;
    }
    // Killed with a ledger behind the log and a file that is not taken yet.
    template.load = new Load(installation, new Random(this.seed));
    await template.load.each();
    await template.load.observe();
    await Promise.all([template.load.drop(), template.load.push(), template.load.push()]);
    installation.killAll();
    await installation.gone();
    return template;
  }

  async die(point: Point): Promise<PointResult> {
    return this.live(point, undefined);
  }

  private async live(point: Point, traces: string | undefined): Promise<PointResult> {
    const template = await this.template(point.beginning);
    const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-point-'));
    fs.cpSync(template.folder, folder, { recursive: true, preserveTimestamps: true });
    const installation = new Installation({ folder });
    installation.prepare();
    const marker = path.join(folder, 'happened');
    const plan = { dataDir: installation.dataDir, marker, ...point, code: 'EIO', traces };
    const env = {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${HOOK}`.trim(),
      TOLLGRID_DEATH: JSON.stringify(plan),
    };
    // The same seed: each life does the same until it dies.
    const load = new Load(installation, new Random(this.seed + 1), template.load);
    const wrong: string[] = [];
    let working: Promise<unknown> = Promise.resolve();
    try {
      if (await this.startOrDie(installation, env)) {
        // What clients meet is theirs to bear once somebody died, and wrong before.
        working = this.work(load).catch((error: Error) => {
          if (!fs.existsSync(marker)) wrong.push(error.stack ?? error.message);
        });
        await Promise.race([working, installation.gone(), refused(marker, point)]);
      }
      const isOver = fs.existsSync(marker) && installation.isRunning && point.role !== 'front';
      if (traces === undefined && !isOver) {
        // The front died, or it came to it only in its orderly end, or never.
        if (installation.isRunning) await installation.stop();
        installation.killAll();
        await installation.gone();
        await working;
        await installation.start();
      }
      if (traces === undefined) {
        await load.askAgain();
        wrong.push(...(await load.judge()));
      } else if (installation.isRunning) {
        await installation.stop();
      }
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

  /** Something of each kind, until it is in the ledger. */
  private async work(load: Load): Promise<void> {
    await load.each();
    await load.observe(5_000);
  }
}

/** A front whose sync failed lives on and takes nothing any more: it is left a moment to show that. */
async function refused(marker: string, { role, how }: Point): Promise<void> {
  if (role !== 'front' || how !== 'fail') return new Promise(() => undefined);
  // The folder goes with the life.
  while (!fs.existsSync(marker) && fs.existsSync(path.dirname(marker))) await pause(20);
  await pause(REFUSING_MS);
}

export function describePoint({ beginning, role, files, at, how, what }: Point): string {
  const event = how === 'fail' ? 'EIO at' : how === 'torn' ? 'death in the middle of' : `death ${how}`;
  return `after ${beginning}: ${event} operation ${at} of the ${role} on ${files} files (${what})`;
}

/** Of a table that is written piece by piece into one file, some pieces are enough: the first three, a middle one, the last. */
function thinned(trace: readonly string[]): { at: number; what: string }[] {
  const runs: { at: number; what: string }[][] = [];
  for (const [index, what] of trace.entries()) {
    const run = runs.at(-1);
    if (run?.[0]!.what === what) run.push({ at: index + 1, what });
    else runs.push([{ at: index + 1, what }]);
  }
  return runs.flatMap((run) => {
    if (run.length <= 5) return run;
    return [...run.slice(0, 3), run[run.length >> 1]!, run.at(-1)!];
  });
}
