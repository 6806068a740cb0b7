/** Quantities that tiers price and no meter showed: losses, net import. */
import { TollgridError } from '../../platform/errors.ts';
import type { BookVersion } from '../engine/index.ts';
import type { TiersModel } from '../language/index.ts';
import type { Days } from './cycles.ts';
import type { Member, Part } from './member.ts';
import type { Settlement, Together } from './settlement.ts';

export interface Flow {
  part: Part;
  lead: Member;
  into: string;
  /** Base units. */
  quantity: number;
  /** How much of it tiers have priced. */
  priced: number;
}

/** Flows of a version into tiers, of those who count together there. */
export function flowsInto(
  settlement: Settlement,
  { component }: TiersModel,
  { members }: Pick<Together, 'members'>,
  suits: (version: BookVersion) => boolean,
): Flow[] {
  return settlement.flows.filter(
    ({ into, lead, part }) => into === component && members.has(lead) && suits(part.version),
  );
}

/**
 * What of a flow falls into some days. Tiers may be divided where the flow is not (by an attribute, or where counting
 * begins anew): each of their parts has its share by days, in whole base units that add up.
 */
export function shareOf({ part, quantity }: Flow, { first, end }: Days): number {
  const upTo = (day: number): number => {
    const days = Math.min(Math.max(day, part.first), part.end) - part.first;
    return Number((BigInt(quantity) * BigInt(days)) / BigInt(part.days));
  };
  return upTo(end) - upTo(first);
}

/** What no tiers priced would be free. Error: RATE_NO_PRICE. */
export function refuseUnpriced(settlement: Settlement, version: BookVersion, { component }: TiersModel): void {
  for (const { into, part, quantity, priced } of settlement.flows) {
    if (into !== component || part.version !== version || priced === quantity) continue;
    throw new TollgridError(
      'RATE_NO_PRICE',
      `Tiers ${component} of ${version.tariff.version} do not hold for all that goes into them: ${quantity - priced} ` +
        'base units have no price.',
    );
  }
}
