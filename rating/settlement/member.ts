/** One subscription of a settlement: its tariffs and attributes by day. */
import { TollgridError } from '../../platform/errors.ts';
import { decimalRatio, ratio, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion, TariffBook } from '../engine/index.ts';
import type { ComponentModel, Scope } from '../language/index.ts';
import type { CycleFacts, Days } from './cycles.ts';
import type { MemberInput } from './model.ts';
import { dayOf, tariffSpans, type TariffSpan } from './spans.ts';

/** Attributes that settlement itself reads. */
export const GROUP = 'group';
export const CYCLE_DAY = 'cycleDay';

/** Days of a cycle under one version, with the same attributes throughout. */
export interface Part extends Days {
  version: BookVersion;
  cycle: Days;
  days: number;
  /** Its days in those of the cycle. */
  share: Ratio;
}

export class Member {
  readonly input: MemberInput;
  readonly subscription: number;
  private readonly book: TariffBook;
  private readonly spans = new Map<string, TariffSpan[]>();
  /** Spans between readings, set when the usages were read. */
  readings: Days[] = [];
  /** By version: cycles of its usage lines that are billed now. */
  readonly due = new Map<BookVersion, Days[]>();

  constructor(book: TariffBook, input: MemberInput) {
    this.book = book;
    this.input = input;
    this.subscription = input.subscription;
  }

  spansIn(days: Days): TariffSpan[] {
    const key = `${days.first} ${days.end}`;
    let spans = this.spans.get(key);
    if (spans === undefined) this.spans.set(key, (spans = tariffSpans(this.book, days, this.input.assignments)));
    return spans;
  }

  /** All versions of all tariffs it ever had. */
  versions(): BookVersion[] {
    const names = new Set(this.input.assignments.map(({ tariff }) => tariff));
    return [...names].flatMap((name) => this.book.versionsOf(name));
  }

  facts(version: BookVersion, month: Days): CycleFacts {
    const day = Number(this.attribute(CYCLE_DAY, version, month.end - 1) ?? '1');
    if (!Number.isInteger(day) || day < 1 || day > 31) throw this.fault(CYCLE_DAY, String(day), 'is no day of a month');
    return { cycleDay: day, readings: this.readings };
  }

  attribute(name: string, version: BookVersion, day: number): string | null {
    for (const { name: its, value, fromMs, toMs } of this.input.attributes) {
      if (its !== name) continue;
      if (fromMs !== null && dayOf(version, fromMs) > day) continue;
      if (toMs !== null && dayOf(version, toMs) <= day) continue;
      return value;
    }
    return null;
  }

  /** As rating reads it: at a moment, and not for a day. */
  attributeAt(name: string, atMs: number): string | null {
    const found = this.input.attributes.find(
      (one) => one.name === name && (one.fromMs ?? -Infinity) <= atMs && atMs < (one.toMs ?? Infinity),
    );
    return found?.value ?? null;
  }

  /** An attribute that has to be a number; throws SETTLE_ATTRIBUTE, because nobody could say what zero would mean. */
  number(name: string, { version, first }: Pick<Part, 'version' | 'first'>): Ratio {
    const value = this.attribute(name, version, first);
    if (value === null) throw this.fault(name, '', 'is missing');
    if (!/^\d{1,12}(\.\d{1,9})?$/.test(value)) throw this.fault(name, value, 'is no number');
    return decimalRatio(value);
  }

  fault(name: string, value: string, problem: string): TollgridError {
    return new TollgridError('SETTLE_ATTRIBUTE', `Attribute ${name}${value && ` (${value})`} ${problem}.`, { name });
  }

  /** Whether the component's conditions hold on a day. */
  suits({ when }: Pick<ComponentModel, 'when'>, version: BookVersion, day: number): boolean {
    return when.every(({ attribute, values }) => values.includes(this.attribute(attribute, version, day) ?? ''));
  }

  /** The parts of a cycle in which a component holds. `cuts`: further days on which a part ends. */
  parts(component: ComponentModel, version: BookVersion, cycle: Days, cuts: readonly number[] = []): Part[] {
    const borders = [...cuts, ...this.changes(component.attributes, version)];
    const cycleDays = BigInt(cycle.end - cycle.first);
    return this.spansIn(cycle)
      .filter((span) => span.version === version)
      .flatMap(({ first, end }) => {
        const inside = borders.filter((day) => day > first && day < end);
        const days = [...new Set([first, ...inside, end])].sort((a, b) => a - b);
        return days.slice(1).map((to, index) => ({ first: days[index], end: to }));
      })
      .filter(({ first }) => this.suits(component, version, first))
      .map(({ first, end }) => ({
        version,
        cycle,
        first,
        end,
        days: end - first,
        share: ratio(BigInt(end - first), cycleDays),
      }));
  }

  /** Days on which one of them has another value; the same value recorded anew divides nothing. */
  private changes(names: readonly string[], version: BookVersion): number[] {
    return names.flatMap((name) =>
      this.input.attributes
        .filter((one) => one.name === name)
        .flatMap(({ fromMs, toMs }) => [fromMs, toMs])
        .flatMap((ms) => (ms === null ? [] : [dayOf(version, ms)]))
        .filter((day) => this.attribute(name, version, day - 1) !== this.attribute(name, version, day)),
    );
  }

  /** With whom usage counts together: equal texts, as of the last day of the month that it held the tariff. */
  scopeKey(scope: Scope, version: BookVersion, month: Days): string {
    const own = `subscription ${this.subscription}`;
    if (scope === 'subscription') return own;
    if (scope === 'account') return `account ${this.input.account}`;
    const last = this.spansIn(month).at(-1)?.end ?? month.end;
    const group = this.attribute(GROUP, version, last - 1);
    return group === null ? own : `group ${group}`;
  }
}
