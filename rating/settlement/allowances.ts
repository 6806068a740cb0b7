/** Allowances: how much each gives in a cycle, what is used of it, what is left and goes on. */
import { formatQuantity, selects, type AllowanceModel } from '../language/index.ts';
import type { BookVersion, Step } from '../engine/index.ts';
import { NOTHING, ONE, product, ratio, type Ratio } from '../arithmetic/ratio.ts';
import { cyclesBetween, type Days } from './cycles.ts';
import { floor, plus, whole } from './exact.ts';
import type { Line } from './line.ts';
import type { Member } from './member.ts';
import type { Settlement, Together } from './settlement.ts';
import type { Use } from './use.ts';

/** What an allowance gives in one cycle, to those who share it. */
interface Pool {
  cycle: Days;
  used: number;
  /** Taken from what was left of it, in later cycles. */
  takenLater: number;
  /** Those of earlier cycles that go on in it, the oldest first, as a version says; null until it was asked for. */
  before: { allowance: AllowanceModel; pools: readonly Pool[] } | null;
}

export class Allowances {
  private readonly settlement: Settlement;
  private readonly pools = new Map<string, Pool>();
  /** To say on a line, at the end, what is left. */
  private readonly onLines = new Map<Line, { allowance: AllowanceModel; use: Use; together: Together; pool: Pool }>();

  constructor(settlement: Settlement) {
    this.settlement = settlement;
  }

  /** Takes what is free of a usage; all usages in order. Lines are made for those that are billed now. */
  apply(use: Use, cycle: Days | null): void {
    const { version, zone, band, member, day } = use;
    for (const allowance of version.tariff.model.period.allowances) {
      if (use.rest === 0) return;
      if (!selects(allowance, zone, band) || !member.suits(allowance, version, day)) continue;
      const together = this.settlement.together(version, allowance.scope).find(({ members }) => members.has(member));
      if (together === undefined) continue;
      const taken = this.take(use, allowance, together);
      if (taken === 0) continue;
      use.covered += taken;
      if (cycle === null) continue;
      const { zone: zoneName, band: bandName, identity } = use.usage;
      const { component } = allowance;
      const { subscription } = member;
      const of = { subscription, version, cycle, component, zone: zoneName, band: bandName };
      const line = this.settlement.lines.line('allowance', of);
      line.cover(identity, taken);
      this.onLines.set(line, { allowance, use, together, pool: this.poolAt(use, allowance, together) });
    }
  }

  /** Own units first, then what earlier cycles left, the oldest first. */
  private take(use: Use, allowance: AllowanceModel, together: Together): number {
    const pool = this.poolAt(use, allowance, together);
    const limit = use.day < pool.cycle.first + allowance.expires ? this.limit(use, allowance, together, pool) : 0;
    const own = Math.min(use.rest, Math.max(0, limit - pool.used));
    pool.used += own;
    let taken = own;
    for (const before of this.carried(use, allowance, together, pool)) {
      const more = Math.min(use.rest - taken, this.left(use, allowance, together, before));
      before.takenLater += more;
      taken += more;
    }
    return taken;
  }

  private carried(use: Use, allowance: AllowanceModel, { lead, members }: Together, pool: Pool): readonly Pool[] {
    if (allowance.rollover === null) return [];
    if (pool.before?.allowance !== allowance) {
      const pools = this.settlement
        .cyclesBefore(use.version, allowance, pool.cycle, lead, allowance.rollover.cycles)
        .reverse()
        .map((cycle) => this.poolOf(use.version, allowance, { lead, members }, cycle));
      pool.before = { allowance, pools };
    }
    return pool.before.pools;
  }

  private left(use: Use, allowance: AllowanceModel, together: Together, before: Pool): number {
    const limit = this.limitOn(before.cycle.end - 1, use, allowance, together, before.cycle);
    const rest = Math.min(Math.max(0, limit - before.used), allowance.rollover?.atMost ?? 0);
    return Math.max(0, rest - before.takenLater);
  }

  private poolAt(use: Use, allowance: AllowanceModel, together: Together): Pool {
    const days = { first: use.day, end: use.day + 1 };
    const facts = together.lead.facts(use.version, this.settlement.month);
    const [cycle = days] = cyclesBetween(allowance.cycle, days, facts);
    return this.poolOf(use.version, allowance, together, cycle);
  }

  private poolOf({ tariff }: BookVersion, { component }: AllowanceModel, { lead }: Together, cycle: Days): Pool {
    const key = `${tariff.name}\n${component}\n${lead.subscription}\n${cycle.first}`;
    let pool = this.pools.get(key);
    if (pool === undefined) this.pools.set(key, (pool = { cycle, used: 0, takenLater: 0, before: null }));
    return pool;
  }

  private limit(use: Use, allowance: AllowanceModel, together: Together, pool: Pool): number {
    return this.limitOn(use.day, use, allowance, together, pool.cycle);
  }

  /**
   * What may be used by the end of a day: shares by days add up, to the nearest base unit. A new version in the middle
   * goes on with what the old one left.
   */
  private limitOn(day: number, use: Use, allowance: AllowanceModel, together: Together, cycle: Days): number {
    const granting = allowance.each ? [...together.members] : [together.lead];
    const sum = granting.reduce((all, member) => plus(all, this.granted(day, use, allowance, member, cycle)), NOTHING);
    return floor(plus(sum, ratio(1n, 2n)));
  }

  private granted(day: number, use: Use, allowance: AllowanceModel, member: Member, cycle: Days): Ratio {
    const versions = this.settlement.book.versionsOf(use.version.tariff.name);
    const parts = versions.flatMap((version) => {
      const same = version.tariff.model.period.allowances.find(({ component }) => component === allowance.component);
      return same === undefined ? [] : member.parts(same, version, cycle).map((part) => ({ same, part }));
    });
    const begun = parts.filter(({ part }) => part.first <= day);
    const counted = allowance.prorate === 'none' ? begun.slice(-1) : begun;
    return counted.reduce((all, { same, part }) => {
      const factor = same.times === null ? ONE : member.number(same.times, part);
      const share = allowance.prorate === 'none' ? ONE : part.share;
      return plus(all, product(product(whole(same.quantity), factor), share));
    }, NOTHING);
  }

  /** When all is taken: what each allowance gave, and what is left. */
  describe(): void {
    for (const [line, { allowance, use, together, pool }] of this.onLines) {
      const { base } = use.version.tariff.model;
      const limit = this.limit(use, allowance, together, pool);
      const left = Math.max(0, limit - pool.used);
      const show = (quantity: number) => formatQuantity(quantity, base);
      const step: Step = {
        step: 'line',
        text:
          `Allowance ${allowance.component}: ${show(limit)} for the days in this period, used in order of start; ` +
          `${show(pool.used)} used, ${show(left)} left.`,
        data: { component: allowance.component, limit, used: pool.used, left, sharedBy: together.members.size },
      };
      line.steps.push(step);
    }
  }
}
