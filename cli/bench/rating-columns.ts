/** Usages of the benchmark as the columns that rating reads. */
import type { CompiledTariff } from '../../rating/index.ts';
import { RecordColumns, TEXT_FIELDS } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';

export interface BenchUsage {
  startMs: number;
  /** Time ends after its quantity. */
  endMs?: number;
  quantity: number;
  /** ASCII digits. */
  to?: string;
}

const [CALLING, CALLED] = [TEXT_FIELDS.indexOf('callingParty'), TEXT_FIELDS.indexOf('calledParty')];

export function makeColumns(
  { serviceNo }: CompiledTariff,
  usages: readonly BenchUsage[],
): { usage: UsageColumns; records: RecordColumns } {
  const arenaBytes = usages.reduce((sum, { to = '' }) => sum + to.length, 0);
  const records = new RecordColumns(0, usages.length, arenaBytes);
  const usage = new UsageColumns(usages.length);
  usages.forEach(({ startMs, endMs, quantity, to = '' }, index) => {
    const row = usage.push();
    records.textOffset[CALLED][index] = records.arenaEnd;
    records.textLength[CALLED][index] = to.length;
    for (let place = 0; place < to.length; place++) records.text[records.arenaEnd++] = to.charCodeAt(place);
    records.count++;
    usage.record[row] = index;
    usage.serviceNo[row] = serviceNo;
    usage.partyField[row] = CALLING;
    usage.otherField[row] = CALLED;
    usage.startMs[row] = startMs;
    usage.endMs[row] = endMs ?? startMs + quantity;
    usage.quantity[row] = quantity;
  });
  return { usage, records };
}
