/**
 * A usage as settlement works with it: priced again by its version, exactly and not yet rounded; or with the money that
 * its record charge says, where only the record tells which rule holds.
 */
import { TollgridError, errorCode } from '../../platform/errors.ts';
import type { Ratio } from '../arithmetic/ratio.ts';
import {
  Priced,
  priceUsage,
  RateCode,
  readRuleName,
  toEnergy,
  type BookVersion,
  type Segment,
} from '../engine/index.ts';
import { whole } from './exact.ts';
import type { Member } from './member.ts';
import type { SettledUsage } from './model.ts';
import { dayOf } from './spans.ts';

/** Used again and again: of each usage only what settlement needs is kept. */
const priced = new Priced();

export class Use {
  readonly member: Member;
  readonly usage: SettledUsage;
  readonly version: BookVersion;
  /** By the version's clock. */
  readonly day: number;
  /** Numbers of the version. */
  readonly zone: number;
  readonly band: number;
  /** The money is posted by settlement, not by the record. */
  readonly settled: boolean;
  readonly component: string;
  /** Base units. */
  readonly billed: number;
  /** What allowances have taken of that. */
  covered = 0;
  private readonly segments: Segment[] = [];
  /** Exact price of all of it. */
  private readonly whole: Ratio;

  /** Errors: RATE_NO_PRICE, RATE_OVERFLOW, SETTLE_RULE_UNKNOWN... */
  constructor(member: Member, usage: SettledUsage, version: BookVersion) {
    this.member = member;
    this.version = version;
    this.day = dayOf(version, usage.startMs);
    const { tariff } = version;
    this.usage = tariff.model.energy === null ? usage : this.asEnergy(usage);
    this.zone = tariff.zoneNumbers.get(usage.zone) ?? -1;
    this.band = tariff.bandNumbers.get(usage.band) ?? -1;
    if (this.zone < 0 || this.band < 0) {
      throw new TollgridError(
        'RATE_NO_PRICE',
        `Tariff ${tariff.version} has no zone \`${usage.zone}\` or band \`${usage.band}\`.`,
      );
    }
    if (usage.charged !== undefined) {
      const { amountMicros, taxMicros, billed } = usage.charged;
      this.settled = false;
      this.component = this.chargedComponent();
      this.billed = billed;
      this.whole = whole(tariff.model.tax.included ? amountMicros : amountMicros - taxMicros);
      return;
    }
    priced.reset();
    const { component, held } = readRuleName(usage.component ?? '');
    priced.component = component;
    // Rules have numbers within their version only: under another one that holds now they say nothing.
    priced.held = usage.version === tariff.version ? held : null;
    priced.later = usage.later ?? false;
    priced.zone = this.zone;
    priced.band = this.band;
    const { startMs, endMs = startMs, quantity, quantityUp } = this.usage;
    priced.of(startMs, endMs, quantity, quantityUp);
    priceUsage(tariff, priced, this.segments);
    if (priced.code !== 0) throw this.fault(priced.code);
    this.settled = priced.settled;
    this.component = tariff.model.rules[priced.rule].component;
    this.billed = priced.billed;
    this.whole = { num: priced.numerator(), den: tariff.prices.denominator };
  }

  /** Gas as what is sold: components count it in that, as prices do. */
  private asEnergy(usage: SettledUsage): SettledUsage {
    const { startMs, endMs = startMs, quantity } = usage;
    priced.reset();
    priced.of(startMs, endMs, quantity, 0);
    toEnergy(this.version.tariff, priced, (name) => this.member.attributeAt(name, startMs));
    if (priced.code !== 0) throw this.fault(priced.code, usage.identity);
    return { ...usage, quantity: priced.total };
  }

  /** Of the rule that priced the record: its charge says it, unless all that come into question have the same. */
  private chargedComponent(): string {
    const { component } = readRuleName(this.usage.component ?? '');
    const { chainOf, chains, bandCount, model, namesRecords } = this.version.tariff;
    if (component !== '' || chainOf === null) return component;
    const chain = chains[chainOf[this.zone * bandCount + this.band]];
    const [first = '', ...others] = new Set([...chain].map((rule) => model.rules[rule].component));
    if (namesRecords && others.length > 0) throw this.fault(RateCode.ruleUnknown);
    return first;
  }

  private fault(code: number, identity = this.usage.identity): TollgridError {
    return new TollgridError(errorCode(code), `Usage ${identity} cannot be priced again.`, { identity });
  }

  /** Billed units that no allowance took. */
  get rest(): number {
    return this.billed - this.covered;
  }

  /** Micro-units of what is left: the last units at their price; without setup and minimum once something was free. */
  price(): Ratio {
    if (this.covered === 0) return this.whole;
    const { denominator } = this.version.tariff.prices;
    const num = this.quantities().reduce((sum, { rate, quantity }) => sum + BigInt(quantity) * rate, 0n);
    return { num, den: denominator };
  }

  /** The units behind what allowances took, by rule. */
  quantities(): { rule: number; rate: bigint; quantity: number }[] {
    return this.segments
      .map(({ from, billed, rule, rate }) => {
        return { rule, rate, quantity: Math.min(billed, Math.max(0, from + billed - this.covered)) };
      })
      .filter(({ quantity }) => quantity > 0);
  }
}

/** Order in which usage is taken. */
export function byStart(a: Use, b: Use): number {
  const [one, other] = [a.usage, b.usage];
  return one.startMs - other.startMs || (one.identity < other.identity ? -1 : one.identity > other.identity ? 1 : 0);
}
