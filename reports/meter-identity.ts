/**
 * Units of meters, told from what the meters showed: for each register, last value less first value (roll-overs
 * considered) times the multiplier is the usage that stands for it; for intervals, the sum of the values.
 *
 * A usage is a whole number of base units, so where a meter shows smaller steps each usage may be half a unit off: that is
 * the tolerance of the line, and it is 0 wherever values are whole base units.
 */
import type { MeterSteps } from '../ledger/index.ts';
import { decimalParts, ONE, SCALE, showDecimal } from './decimal.ts';

export interface MeterFacts {
  multiplier: number;
  /** Integer digits of the register; 0 = unknown, and then it never rolls over. */
  digits: number;
}

/** Facts of a meter at a moment; the defaults are 1 and 0. */
export type FactsOf = (meter: string, atMs: number) => MeterFacts;

export interface MeterLine {
  kind: 'register' | 'interval';
  /** Empty: readings that have a value and no usage. */
  view: string;
  /** Registers or channels. */
  chains: number;
  /** Usages that they should have. */
  steps: number;
  /** Base units, exact decimals. */
  expected: string;
  usage: string;
  tolerance: string;
  /** Sum over chains of how far each is apart beyond its tolerance: two mistakes never cancel. */
  difference: string;
}

export interface MeterDifference {
  meter: string;
  register: string;
  kind: MeterSteps['kind'];
  view: string;
  expected: string;
  usage: string;
}

export interface MeterReport {
  lines: MeterLine[];
  /** Chains that do not close, at most EXAMPLES of them. */
  examples: MeterDifference[];
}

/** A register shows kWh or m3, an interval base units. */
const BASE_UNITS = { register: 1000n, interval: 1n } as const;
const BASE_DECIMALS = { register: 3, interval: 0 } as const;
const EXAMPLES = 20;

interface Chain {
  meter: string;
  register: string;
  kind: MeterSteps['kind'];
  view: string;
  steps: number;
  /** In 10^-18 base units. */
  expected: bigint;
  usage: bigint;
  tolerance: bigint;
}

interface Sum {
  kind: MeterSteps['kind'];
  view: string;
  chains: number;
  steps: number;
  expected: bigint;
  usage: bigint;
  tolerance: bigint;
  difference: bigint;
}

/** Takes rows in the order of (meter, register, kind, view): a chain is known when the next one begins. */
export class MeterIdentity {
  private readonly factsOf: FactsOf;
  private readonly sums = new Map<string, Sum>();
  private readonly examples: MeterDifference[] = [];
  private chain: Chain | null = null;

  constructor(factsOf: FactsOf) {
    this.factsOf = factsOf;
  }

  add(row: MeterSteps): void {
    const { meter, register, kind, view } = row;
    const open = this.chain;
    if (
      open === null ||
      open.meter !== meter ||
      open.register !== register ||
      open.kind !== kind ||
      open.view !== view
    ) {
      this.close();
      this.chain = { meter, register, kind, view, steps: 0, expected: 0n, usage: 0n, tolerance: 0n };
    }
    addSteps(this.chain!, row, this.factsOf(meter, row.atMs));
  }

  report(): MeterReport {
    this.close();
    const lines = [...this.sums.values()].sort((a, b) => (`${a.kind} ${a.view}` < `${b.kind} ${b.view}` ? -1 : 1));
    return {
      lines: lines.map(({ kind, view, chains, steps, expected, usage, tolerance, difference }) => ({
        kind,
        view,
        chains,
        steps,
        expected: showDecimal(expected),
        usage: showDecimal(usage),
        tolerance: showDecimal(tolerance),
        difference: showDecimal(difference),
      })),
      examples: this.examples,
    };
  }

  private close(): void {
    const { chain } = this;
    if (chain === null) return;
    this.chain = null;
    const apart = chain.usage > chain.expected ? chain.usage - chain.expected : chain.expected - chain.usage;
    const beyond = apart > chain.tolerance ? apart - chain.tolerance : 0n;
    const key = `${chain.kind} ${chain.view}`;
    const { kind, view } = chain;
    const nothing = { chains: 0, steps: 0, expected: 0n, usage: 0n, tolerance: 0n, difference: 0n };
    const sum: Sum = this.sums.get(key) ?? { kind, view, ...nothing };
    sum.chains++;
    sum.steps += chain.steps;
    sum.expected += chain.expected;
    sum.usage += chain.usage;
    sum.tolerance += chain.tolerance;
    sum.difference += beyond;
    this.sums.set(key, sum);
    if (beyond > 0n && this.examples.length < EXAMPLES) {
      const { meter, register, expected, usage } = chain;
      this.examples.push({ meter, register, kind, view, expected: showDecimal(expected), usage: showDecimal(usage) });
    }
  }
}

function addSteps(chain: Chain, row: MeterSteps, facts: MeterFacts): void {
  const { kind, steps, scale } = row;
  // A register that went back has gone through its highest value, once in each of these steps.
  const rolledOver = row.backwards < 0n && facts.digits > 0 ? BigInt(steps) * 10n ** BigInt(facts.digits) * ONE : 0n;
  const multiplier = decimalParts(facts.multiplier);
  const shown = (row.shown + rolledOver) * BASE_UNITS[kind] * multiplier.digits;
  chain.steps += steps;
  chain.expected += shown / 10n ** BigInt(multiplier.scale);
  chain.usage += row.usage * ONE;
  if (Math.min(scale, SCALE) + multiplier.scale > BASE_DECIMALS[kind]) chain.tolerance += (BigInt(steps) * ONE) / 2n;
}

/** True when every line closes. */
export function metersClose({ lines }: MeterReport): boolean {
  return lines.every(({ difference }) => difference === '0');
}
