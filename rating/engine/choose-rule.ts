/** The rule for a zone and a band: the first one whose conditions hold. */
import type { CompiledTariff } from '../compiler/index.ts';
import { knownRule, UNDECIDED } from '../language/index.ts';
import { RateCode } from './codes.ts';
import type { Priced } from './priced.ts';

/** Rule number, or a negative one that `noRuleCode` explains. `out.rule` is the rule at the start, once it is known. */
export function chooseRule(tariff: CompiledTariff, zone: number, band: number, out: Priced): number {
  const place = zone * tariff.bandCount + band;
  if (tariff.chainOf === null) return tariff.rules[place];
  const chain = tariff.chains[tariff.chainOf[place]];
  if (out.asked === null) return chooseAgain(tariff, tariff.chainOf, chain, out);
  for (let index = 0; index < chain.length; index++) {
    const rule = chain[index];
    const condition = tariff.conditions[rule];
    if (condition === null || condition(out.asked)) return rule;
  }
  return -1;
}

/** Why there is none. */
export function noRuleCode(rule: number): number {
  return rule === UNDECIDED ? RateCode.ruleUnknown : RateCode.noPrice;
}

/** Settlement has no record to ask: the charge names the component of the rule at the start, and that tells the others. */
function chooseAgain(tariff: CompiledTariff, chainOf: Int32Array, chain: Int16Array, out: Priced): number {
  const { rules } = tariff.model;
  if (out.rule >= 0) {
    const start = tariff.chains[chainOf[out.zone * tariff.bandCount + out.band]];
    return knownRule(rules, start, out.rule, chain, out.held);
  }
  if (chain.length === 0) return -1;
  if (out.component !== '') return chain.find((rule) => rules[rule].component === out.component) ?? -1;
  return tariff.conditions[chain[0]] === null ? chain[0] : UNDECIDED;
}
