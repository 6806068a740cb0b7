/** How what a meter showed became a quantity: an interval times the multiplier, or what lies between two readings. */
import { listReadings, type Charge, type LedgerClient, type Reading } from '../../ledger/index.ts';
import { registerDifference, type MeterFacts } from '../../mediation/readings/index.ts';
import type { ExplainStep } from '../../schemas/api/charges.ts';
import { SERVICES, type ServiceName } from '../../schemas/columns/usage-columns.ts';

/** `shown`: what the record says, in base units. `kind`: of the record's class. Empty for what no meter measured. */
export async function meterSteps(
  ledger: LedgerClient,
  charge: Charge,
  kind: string,
  shown: number,
  facts: MeterFacts,
): Promise<ExplainStep[]> {
  const quantity = Number(charge.quantity) * charge.sign;
  if (kind === 'intervalReading' && shown * facts.multiplier === quantity && facts.multiplier !== 1) {
    const text = `${shown}, times the multiplier ${facts.multiplier}: ${quantity} ${unitOf(charge)}.`;
    return [{ step: 'multiplier', text, data: { shown, multiplier: facts.multiplier, quantity } }];
  }
  if (kind !== 'registerReading') return [];
  const readings = await readingsAround(ledger, charge);
  return [...readings.map(readingStep), ...differenceStep(charge, quantity, readings, facts)];
}

/** The two readings a register usage lies between, revisions behind what they revise. */
async function readingsAround(ledger: LedgerClient, charge: Charge): Promise<Reading[]> {
  const span = { fromMs: charge.startMs, toMs: charge.endMs + 1, limit: 1000 };
  const readings = await listReadings(ledger, { subscriptionNo: charge.subscriptionNo, ...span });
  return readings.filter(({ kind, meter, register, readMs }) => {
    const ends = readMs === charge.startMs || readMs === charge.endMs;
    return kind === 'register' && meter === charge.party && register === charge.otherParty && ends;
  });
}

function readingStep(reading: Reading): ExplainStep {
  return {
    step: 'reading',
    text:
      `meter ${reading.meter}, register ${reading.register} at ${new Date(reading.readMs).toISOString()}: ` +
      `${shownAs(reading)} (record ${reading.address})`,
    data: { address: reading.address, digits: reading.digits, scale: reading.scale, quality: reading.quality },
  };
}

/** Only when it gives the charge's quantity: a usage divided at a border lies between other readings than its own ends. */
function differenceStep(
  charge: Charge,
  quantity: number,
  readings: readonly Reading[],
  facts: MeterFacts,
): ExplainStep[] {
  const from = readings.findLast(({ readMs }) => readMs === charge.startMs);
  const to = readings.findLast(({ readMs }) => readMs === charge.endMs);
  if (from === undefined || to === undefined) return [];
  const [first, last] = [from, to].map(({ digits, scale }) => ({ digits: Number(digits), scale }));
  if (registerDifference(first, last, facts) !== quantity) return [];
  const rolledOver = Number(shownAs(to)) < Number(shownAs(from));
  const times = facts.multiplier === 1 ? '' : `, times the multiplier ${facts.multiplier}`;
  const over = rolledOver ? ` (the register of ${facts.digits} digits rolled over)` : '';
  const text = `${shownAs(to)} less ${shownAs(from)}${over}${times}: ${quantity} ${unitOf(charge)}.`;
  return [{ step: 'difference-of-readings', text, data: { multiplier: facts.multiplier, rolledOver, quantity } }];
}

function shownAs({ digits, scale }: Reading): string {
  return (Number(digits) / 10 ** scale).toFixed(scale);
}

function unitOf({ service }: Charge): string {
  return SERVICES[service as ServiceName];
}
