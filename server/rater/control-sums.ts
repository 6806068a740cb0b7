/** Units and money by what an audit line tells apart, summed from the columns before anything is encoded. */
import { CHARGE_KIND_NAMES, SERVICE_NAMES, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { ControlSum } from './messages.ts';

/** Below this a sum of two safe integers is exact; above, the part is carried into a BigInt. */
const CARRY = 2 ** 52;

/** Exact sums of a few numbered things: fast in doubles, carried into BigInt before they could round. */
class ExactSums {
  private readonly parts: Float64Array;
  private readonly wholes = new Map<number, bigint>();

  constructor(count: number) {
    this.parts = new Float64Array(count);
  }

  add(index: number, value: number): void {
    const sum = this.parts[index] + value;
    this.parts[index] = sum;
    if (sum > CARRY || sum < -CARRY) {
      this.wholes.set(index, (this.wholes.get(index) ?? 0n) + BigInt(sum));
      this.parts[index] = 0;
    }
  }

  at(index: number): bigint {
    return BigInt(this.parts[index]) + (this.wholes.get(index) ?? 0n);
  }
}

export function sumControls(
  names: { views: readonly string[]; currencies: readonly string[] },
  usage: UsageColumns,
  rows: Uint32Array,
  count: number,
): ControlSum[] {
  const { views, currencies } = names;
  const kinds = CHARGE_KIND_NAMES.length;
  const keys = views.length * SERVICE_NAMES.length * kinds * currencies.length;
  const rowCounts = new Uint32Array(keys);
  const quantities = new ExactSums(keys);
  const amounts = new ExactSums(keys);
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const service = usage.viewNo[row] * SERVICE_NAMES.length + usage.serviceNo[row];
    const key = (service * kinds + usage.kind[row]) * currencies.length + usage.currencyNo[row];
    rowCounts[key]++;
    quantities.add(key, usage.quantity[row]);
    amounts.add(key, usage.amountMicros[row]);
  }
  const sums: ControlSum[] = [];
  for (let key = 0; key < keys; key++) {
    if (rowCounts[key] === 0) continue;
    const kind = Math.floor(key / currencies.length);
    const service = Math.floor(kind / kinds);
    sums.push({
      view: views[Math.floor(service / SERVICE_NAMES.length)],
      service: SERVICE_NAMES[service % SERVICE_NAMES.length],
      kind: CHARGE_KIND_NAMES[kind % kinds],
      currency: currencies[key % currencies.length],
      rows: rowCounts[key],
      quantity: quantities.at(key),
      amountMicros: amounts.at(key),
    });
  }
  return sums;
}
