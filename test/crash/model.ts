/**
 * What must hold, said as simply as possible: each record that was acknowledged is in the ledger once, at its price;
 * one that was sent and not acknowledged is there once or not at all; nothing else is there; sums are sums.
 */
import { priceOf } from './usage.ts';

export type Fate = 'rated' | 'suspended';

export interface Submission {
  numbers: readonly number[];
  acknowledged: boolean;
}

/** What was found after a recovery. */
export interface Observed {
  /** Standing charges: record and amount. */
  charges: readonly { no: number; micros: bigint }[];
  /** Records that wait in suspense. */
  suspended: readonly number[];
  /** Dispositions by name, `received` among them. */
  counts: Readonly<Record<string, number>>;
  /** Sums of money that have to be the same, by name: charges, aggregates, control sums. */
  money: Readonly<Record<string, bigint>>;
}

export class Model {
  private readonly submissions: Submission[] = [];
  /** Record → what may become of it. */
  private readonly fates = new Map<number, readonly Fate[]>();

  /** The same knowledge, to go on from more than once; what was sent is acknowledged by then. */
  copy(): Model {
    const model = new Model();
    for (const { numbers } of this.submissions) model.submissions.push({ numbers, acknowledged: true });
    for (const [no, fates] of this.fates) model.fates.set(no, fates);
    return model;
  }

  get recordCount(): number {
    return this.fates.size;
  }

  /** Something is about to be sent. A record that was sent before is a duplicate now and keeps its fate. */
  send(numbers: readonly number[], fates: readonly Fate[]): Submission {
    const submission = { numbers, acknowledged: false };
    this.submissions.push(submission);
    for (const no of numbers) if (!this.fates.has(no)) this.fates.set(no, fates);
    return submission;
  }

  /** From now on these records may have this fate only. */
  settleFates(numbers: Iterable<number>, fates: readonly Fate[]): void {
    for (const no of numbers) this.fates.set(no, fates);
  }

  /** Records with a fate that is not decided. */
  records(fate: Fate): number[] {
    return [...this.fates].filter(([, fates]) => fates.includes(fate)).map(([no]) => no);
  }

  /** Everything that is wrong; empty when all is well. */
  judge({ charges, suspended, counts, money }: Observed): string[] {
    const wrong: string[] = [];
    const found = new Map<number, Fate[]>();
    const note = (no: number, fate: Fate): void => void found.set(no, [...(found.get(no) ?? []), fate]);
    for (const { no, micros } of charges) {
      note(no, 'rated');
      if (micros !== priceOf(no)) wrong.push(`record ${no} costs ${micros} and not ${priceOf(no)} micros`);
    }
    for (const no of suspended) note(no, 'suspended');

    const sure = new Set(this.submissions.filter((one) => one.acknowledged).flatMap(({ numbers }) => numbers));
    for (const no of sure) if (!found.has(no)) wrong.push(`record ${no} was acknowledged and is lost`);
    for (const [no, fates] of found) {
      const allowed = this.fates.get(no);
      if (allowed === undefined) wrong.push(`record ${no} was never sent`);
      else if (fates.length > 1) wrong.push(`record ${no} is there ${fates.length} times: ${fates.join()}`);
      else if (!allowed.includes(fates[0]!))
        wrong.push(`record ${no} is ${fates[0]} and should be ${allowed.join(' or ')}`);
    }

    const size = (of: readonly Submission[]): number => of.reduce((sum, { numbers }) => sum + numbers.length, 0);
    const least = size(this.submissions.filter((one) => one.acknowledged));
    const { received = 0, rated = 0, suspended: waiting = 0, duplicate = 0, ...others } = counts;
    if (received < least || received > size(this.submissions)) {
      wrong.push(`${received} records received instead of ${least} to ${size(this.submissions)}`);
    }
    if (rated !== charges.length) wrong.push(`${rated} records counted as rated, ${charges.length} charges`);
    if (waiting !== suspended.length) wrong.push(`${waiting} counted as suspended, ${suspended.length} are`);
    if (duplicate !== received - found.size)
      wrong.push(`${duplicate} duplicates among ${received} records, ${found.size} different`);
    for (const [name, count] of Object.entries(others)) if (count !== 0) wrong.push(`${count} records ${name}`);

    const total = charges.reduce((sum, { micros }) => sum + micros, 0n);
    for (const [name, sum] of Object.entries(money)) {
      if (sum !== total) wrong.push(`${name} sum up to ${sum} micros, charges to ${total}`);
    }
    return wrong;
  }
}
