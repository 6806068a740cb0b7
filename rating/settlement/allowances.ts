/** Allowances of a month: how much each gives, and what is left of it. */
import { formatQuantity, type AllowanceModel } from '../language/index.ts';
import type { BookVersion } from '../engine/index.ts';
import type { TariffSpan } from './spans.ts';

/** One pool per (tariff, component): a new version in mid-month goes on with what the old one left. */
export class AllowancePools {
  private readonly used = new Map<string, number>();
  private readonly limits = new Map<string, number>();
  private readonly spans: readonly TariffSpan[];
  private readonly monthDays: number;

  constructor(spans: readonly TariffSpan[], monthDays: number) {
    this.spans = spans;
    this.monthDays = monthDays;
  }

  /** Takes up to `wanted` base units. */
  take(version: BookVersion, allowance: AllowanceModel, wanted: number): number {
    const key = `${version.tariff.name}\n${allowance.component}`;
    const used = this.used.get(key) ?? 0;
    const taken = Math.min(wanted, Math.max(0, this.limit(version, allowance) - used));
    this.used.set(key, used + taken);
    return taken;
  }

  /** What may be used by the end of a version's days: shares by days add up, to the nearest base unit. */
  limit(version: BookVersion, allowance: AllowanceModel): number {
    const key = `${version.tariff.version}\n${allowance.component}`;
    let limit = this.limits.get(key);
    if (limit === undefined) {
      limit = this.work(version, allowance);
      this.limits.set(key, limit);
    }
    return limit;
  }

  private work(version: BookVersion, allowance: AllowanceModel): number {
    const spans = this.spans.filter((span) => span.version.tariff.name === version.tariff.name);
    if (allowance.prorate === 'none') return spans.length === 0 ? 0 : allowance.quantity;
    let unitDays = 0n;
    for (const span of spans) {
      if (span.version.tariff.effectiveMs > version.tariff.effectiveMs) continue;
      const same = span.version.tariff.model.allowances.find((one) => one.component === allowance.component);
      unitDays += BigInt(same?.quantity ?? 0) * BigInt(span.end - span.first);
    }
    const days = BigInt(this.monthDays);
    return Number((2n * unitDays + days) / (2n * days));
  }

  describe(version: BookVersion, allowance: AllowanceModel): string {
    const { base } = version.tariff.model;
    const limit = formatQuantity(this.limit(version, allowance), base);
    return `Allowance ${allowance.component}: ${limit} for the days in this period, used in order of start.`;
  }
}
