/**
 * What a charge says of the rules behind it: the component of its rule and, where settlement needs it, which other rules
 * had conditions that held: `usage#2,5`, or `usage#0` for none. Rules count from 1, as in explanations.
 */
import type { Asked, CompiledTariff } from '../compiler/index.ts';

/** Names by rule × 2^(named rules) + the bits of those that held. */
export function ruleNames({ model, chainOf, namedRules }: CompiledTariff): string[] {
  const cases = 2 ** namedRules.length;
  return model.rules.flatMap(({ component }) =>
    Array.from({ length: cases }, (_, bits) => {
      if (chainOf === null) return '';
      if (cases === 1) return component;
      const held = namedRules.filter((_, bit) => (bits & (1 << bit)) !== 0).map((rule) => rule + 1);
      return `${component}#${held.length === 0 ? '0' : held.join(',')}`;
    }),
  );
}

export function heldBits({ namedRules, conditions }: CompiledTariff, asked: Asked | null): number {
  let bits = 0;
  for (let bit = 0; bit < namedRules.length; bit++) {
    const condition = conditions[namedRules[bit]];
    if (asked !== null && condition !== null && condition(asked)) bits |= 1 << bit;
  }
  return bits;
}

/** `held`: rule numbers of the version; null where the charge says nothing of them. */
export function readRuleName(name: string): { component: string; held: ReadonlySet<number> | null } {
  const [component, list] = name.split('#') as [string, string?];
  return { component, held: list === undefined ? null : new Set(list.split(',').map((rule) => Number(rule) - 1)) };
}
