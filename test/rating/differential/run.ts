/** A run: many random tariffs, each with many usages, until the wanted number of ratings or the first difference. */
import { agreeOn, differenceOf, mistakes, yamlOf, yamlWithTest, type Case, type Difference } from './compare.ts';
import { randomTariff } from './random-tariff.ts';
import { randomMonth } from './random-month.ts';
import { randomUsages } from './random-usage.ts';
import { Random } from './random.ts';
import { shrink } from './shrink.ts';

export interface RunOptions {
  seed: number;
  /** Usages rated as records. */
  ratings: number;
  usagesPerTariff: number;
  /** Months settled for each tariff. */
  months: number;
}

export interface RunResult {
  tariffs: number;
  /** Random tariffs that the language refused; they are left out. */
  refused: number;
  ratings: number;
  months: number;
  settled: number;
  /** The smallest case, as a tariff file with its test, and what differs. */
  difference: string | null;
}

export function run({ seed, ratings, usagesPerTariff, months }: RunOptions): RunResult {
  const done: RunResult = { tariffs: 0, refused: 0, ratings: 0, months: 0, settled: 0, difference: null };
  for (let round = 0; done.ratings < ratings; round++) {
    const random = new Random(seed + 7919 * round);
    const tariff = randomTariff(random);
    if (mistakes({ tariff, usages: [] }).length > 0) {
      done.refused++;
      continue;
    }
    done.tariffs++;
    const records: Case = {
      tariff,
      usages: randomUsages(random, tariff, Math.min(usagesPerTariff, ratings - done.ratings)),
    };
    const inMonths = random.times(months, () => randomMonth(random, tariff));
    const agreed = agreeOn(inMonths);
    for (const one of [records, ...(agreed ? [] : inMonths)]) {
      const found = caught(one);
      if (found !== null) return { ...done, difference: report(one, found, seed, round) };
    }
    if (!agreed) return { ...done, difference: `seed ${seed}, tariff ${round}: its months differ together, not alone` };
    done.ratings += records.usages.length;
    done.months += months;
    done.settled += inMonths.reduce((sum, { usages }) => sum + usages.length, 0);
  }
  return done;
}

/** An exception is a difference too. */
function caught(one: Case): Difference | null {
  try {
    return differenceOf(one);
  } catch (error) {
    return { usage: -1, text: `threw ${String(error)}` };
  }
}

function report(one: Case, found: Difference, seed: number, round: number): string {
  const start = found.usage >= 0 ? { ...one, usages: [one.usages[found.usage]!] } : one;
  const wrong = mistakes(start);
  if (wrong.length > 0) return `seed ${seed}, tariff ${round}: refused: ${wrong.join('; ')}\n${yamlOf(start.tariff)}`;
  const smallest = shrink(start, (smaller) => mistakes(smaller).length === 0 && differs(smaller, found));
  const text = caught(smallest)?.text ?? found.text;
  return `seed ${seed}, tariff ${round}: ${text}\n${written(smallest)}`;
}

/** Where the model itself fails there is nothing to expect. */
function written(one: Case): string {
  try {
    return yamlWithTest(one);
  } catch {
    return `${yamlOf(one.tariff)}# ${JSON.stringify({ ...one.month, usages: one.usages })}`;
  }
}

/** Of the same kind: a smaller case that fails for another reason is no explanation. */
function differs(smaller: Case, found: Difference): boolean {
  const other = caught(smaller);
  const kind = ({ text }: Difference) =>
    text.startsWith('threw') ? 'threw' : / is not in \d{4}-\d\d/.test(text) ? 'outside' : 'amounts';
  return other !== null && kind(other) === kind(found);
}
