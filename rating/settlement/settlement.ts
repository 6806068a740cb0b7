/** What one settlement works with: its members, their usage in order, and the lines that come of it. */
import { TollgridError } from '../../platform/errors.ts';
import { dayOfDate } from '../arithmetic/calendar.ts';
import type { BookVersion, TariffBook } from '../engine/index.ts';
import {
  cycleMonths,
  monthsBefore,
  selects,
  type ComponentModel,
  type NetModel,
  type TiersModel,
} from '../language/index.ts';
import { cyclesBetween, cyclesDue, type Days } from './cycles.ts';
import type { Flow } from './flows.ts';
import type { Line } from './line.ts';
import { Lines } from './lines.ts';
import { Member, type Part } from './member.ts';
import type { ClusterInput, LineKey } from './model.ts';
import { splitUsage } from './split.ts';
import { dayOf } from './spans.ts';
import { byStart, Use } from './use.ts';

/** Members whose usage counts together. The first one (lowest number) carries the lines. */
export interface Together {
  lead: Member;
  members: ReadonlySet<Member>;
}

/** One part of a cycle for which a component is worked out. */
export interface PartOf extends Together {
  part: Part;
  /** Everything used in it, under its version, in order. */
  uses: Use[];
}

export class Settlement {
  readonly book: TariffBook;
  readonly month: Days;
  readonly members: readonly Member[];
  readonly lines: Lines;
  readonly uses: readonly Use[];
  readonly flows: Flow[] = [];
  private readonly takers = new Map<Use, TiersModel | NetModel | null>();
  private readonly scopes = new Map<string, Together[]>();

  constructor({ book, currency, members }: ClusterInput, month: Days) {
    this.book = book;
    this.month = month;
    this.lines = new Lines(month, currency);
    this.members = members.map((input) => new Member(book, input)).sort((a, b) => a.subscription - b.subscription);
    // Finds tariffs that are not published, also where nothing was used.
    for (const member of this.members) member.spansIn(month);
    this.uses = this.members.flatMap((member) => this.usesOf(member)).sort(byStart);
  }

  private usesOf(member: Member): Use[] {
    const pieces = member.input.usages.flatMap((usage) => {
      const version = this.version(usage.version);
      const { startMs, endMs = startMs } = usage;
      if (endMs > startMs) member.readings.push({ first: dayOf(version, startMs), end: dayOf(version, endMs) });
      return splitUsage(this.book, member, usage, version);
    });
    return pieces.map(({ usage, version }) => new Use(member, usage, version));
  }

  /** Error: RATE_NO_VERSION. */
  version(name: string): BookVersion {
    const version = this.book.version(name);
    if (version === undefined) {
      throw new TollgridError('RATE_NO_VERSION', `Tariff ${name} is not published.`, { version: name });
    }
    return version;
  }

  /** The cycle of its tariff that a usage is billed with now; null: another month bills it. */
  billedNow({ version, member, day }: Use): Days | null {
    let due = member.due.get(version);
    if (due === undefined) {
      const { cycle } = version.tariff.model.period;
      due = cyclesDue({ cycle, billed: 'end' }, this.month, member.facts(version, this.month));
      member.due.set(version, due);
    }
    return due.find(({ first, end }) => day >= first && day < end) ?? null;
  }

  /** The place of a posted line that nothing supports any more. */
  unsupported(subscription: number, posted: LineKey): Line {
    const version = this.version(posted.version);
    const { component, zone, band, payer = '', cycle = '' } = posted;
    const end = cycle === '' ? this.month.end : dayOfDate(cycle);
    const days = { first: Math.min(this.month.first, end - 1), end };
    return this.lines.line('usage', { subscription, version, cycle: days, component, zone, band, payer });
  }

  /** Versions of all tariffs of all members. */
  versions(): BookVersion[] {
    return [...new Set(this.members.flatMap((member) => member.versions()))];
  }

  /** First day of the usage at hand that a cycle may begin on: what came before it is not known, or is nothing. */
  private knownFrom({ tariff }: BookVersion, { cycle }: ComponentModel): number {
    const months = monthsBefore(tariff.model.period);
    const oldest = this.book.versionsOf(tariff.name)[0];
    if (months === Infinity) return dayOf(oldest, oldest.tariff.effectiveMs) - 31 * (cycleMonths(cycle) + 1);
    const date = new Date(this.month.first * 86_400_000);
    date.setUTCMonth(date.getUTCMonth() - months);
    return date.getTime() / 86_400_000;
  }

  /** Those who count together for a component, by lowest number. */
  together(version: BookVersion, scope: ComponentModel['scope']): Together[] {
    const key = `${version.tariff.name} ${scope}`;
    let found = this.scopes.get(key);
    if (found === undefined) {
      const groups = new Map<string, Set<Member>>();
      for (const member of this.members) {
        if (!member.input.assignments.some(({ tariff }) => tariff === version.tariff.name)) continue;
        const group = member.scopeKey(scope, version, this.month);
        groups.set(group, (groups.get(group) ?? new Set()).add(member));
      }
      found = [...groups.values()].map((members) => ({ lead: [...members][0], members }));
      this.scopes.set(key, found);
    }
    return found;
  }

  /** Every part of every cycle that a component has to be settled for now. `cuts`: days on which a part ends. */
  *parts(
    version: BookVersion,
    component: ComponentModel,
    cuts: (cycle: Days) => readonly number[] = () => [],
  ): Generator<PartOf> {
    for (const together of this.together(version, component.scope)) {
      const { lead } = together;
      for (const cycle of cyclesDue(component, this.month, lead.facts(version, this.month))) {
        for (const part of lead.parts(component, version, cycle, cuts(cycle))) {
          const uses = this.usesIn(together, part, (use) => use.version === version);
          yield { ...together, part, uses };
        }
      }
    }
  }

  usesIn({ members }: Together, { first, end }: Days, suits: (use: Use) => boolean): Use[] {
    return this.uses.filter((use) => use.day >= first && use.day < end && members.has(use.member) && suits(use));
  }

  /** Cycles of a component before one, as far back as usage is known; the latest one first. */
  cyclesBefore(version: BookVersion, component: ComponentModel, cycle: Days, lead: Member, most: number): Days[] {
    const from = this.knownFrom(version, component);
    const days = { first: Math.min(from, cycle.first), end: cycle.first };
    if (days.first >= days.end) return [];
    return cyclesBetween(component.cycle, days, lead.facts(version, this.month))
      .filter(({ first }) => first >= from)
      .reverse()
      .slice(0, most);
  }

  /** Which component prices a usage in place of its own price; the first one that suits. Error: RATE_NO_PRICE. */
  takerOf(use: Use): TiersModel | NetModel | null {
    let taker = this.takers.get(use);
    if (taker === undefined) this.takers.set(use, (taker = findTaker(use)));
    return taker;
  }
}

function findTaker({ version, zone, band, member, day, usage }: Use): TiersModel | NetModel | null {
  const { net, tiers } = version.tariff.model.period;
  const candidates = [
    ...net.filter((one) => one.import.includes(band) || one.export.includes(band)),
    ...tiers.filter((one) => !one.adds && selects(one, zone, band)),
  ];
  if (candidates.length === 0) return null;
  const taker = candidates.find((one) => member.suits(one, version, day));
  if (taker !== undefined) return taker;
  throw new TollgridError(
    'RATE_NO_PRICE',
    `No tiers of ${version.tariff.version} hold for usage ${usage.identity}: their conditions do not.`,
    { identity: usage.identity },
  );
}
