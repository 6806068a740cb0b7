/**
 * What a month costs beyond its record charges: fees, allowances, tiers, demand..., and lines that are rounded as a whole.
 *
 * The lines are always worked out from all usages, in order of (start, identity), and what stands already is taken off.
 */
import { TollgridError } from '../../platform/errors.ts';
import { monthDays } from '../arithmetic/calendar.ts';
import { Allowances } from './allowances.ts';
import { addBenefits } from './benefits.ts';
import { addCommitments } from './commitments.ts';
import { addDemand } from './demand.ts';
import { differences } from './differences.ts';
import { addDocumentRounding } from './document.ts';
import { addFees, addNorms, type CountedWholes } from './fees.ts';
import { addLosses } from './losses.ts';
import type { ClusterInput, SettlementCharge, SettlementInput } from './model.ts';
import { addNet } from './net.ts';
import { addPercentile } from './percentile.ts';
import { addReactive } from './reactive.ts';
import { Settlement } from './settlement.ts';
import { addShares } from './shares.ts';
import { addTiers } from './tiers.ts';
import { UsageLines } from './usage-lines.ts';

/** One subscription by itself. Errors: those of `settleTogether`. */
export function settle({ book, period, attributes = [], ...member }: SettlementInput): SettlementCharge[] {
  const only = { ...member, attributes, subscription: 0, account: 0 };
  return settleTogether({ book, period, currency: null, members: [only] });
}

/**
 * Errors: SETTLE_PERIOD_INVALID, SETTLE_ATTRIBUTE, SETTLE_CURRENCY, SETTLE_NO_RATE, RATE_NO_TARIFF, RATE_NO_VERSION,
 * RATE_NO_PRICE, RATE_OVERFLOW.
 */
export function settleTogether(input: ClusterInput): SettlementCharge[] {
  const month = monthDays(input.period);
  if (month === null) throw new TollgridError('SETTLE_PERIOD_INVALID', `\`${input.period}\` is no month.`);
  const settlement = new Settlement(input, month);
  takeUsage(settlement);
  const versions = settlement.versions();
  const wholes: CountedWholes = new Map();
  // Each kind of all versions before the next kind: later ones are taken of earlier ones.
  for (const version of versions) addFees(settlement, version, wholes);
  for (const version of versions) addNorms(settlement, version, wholes);
  for (const add of [addNet, addLosses, addTiers, addDemand, addPercentile, addReactive]) {
    for (const version of versions) add(settlement, version);
  }
  for (const add of [addShares, addBenefits, addCommitments]) {
    for (const version of versions) add(settlement, version);
  }
  addDocumentRounding(settlement);
  return differences(settlement);
}

/** Allowances first, over all usage at hand; what they leave has its own price, or that of tiers. */
function takeUsage(settlement: Settlement): void {
  const allowances = new Allowances(settlement);
  const lines = new UsageLines(settlement);
  for (const use of settlement.uses) {
    const cycle = settlement.billedNow(use);
    if (use.settled) allowances.apply(use, cycle);
    if (cycle !== null) lines.add(use, cycle);
  }
  allowances.describe();
  lines.describe();
}
