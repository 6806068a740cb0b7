/** Rounding on the document: lines stay exact to the micro-unit, and one line carries what rounding their sum makes. */
import { NOTHING } from '../arithmetic/ratio.ts';
import { plus } from './exact.ts';
import type { Line } from './line.ts';
import { NO_MONEY, addMoney, roundMoney, safe, type Money } from './money.ts';
import type { Settlement } from './settlement.ts';

export const ROUNDING = 'rounding';

/** One document per subscription, payer, cycle and version. */
export function addDocumentRounding(settlement: Settlement): void {
  const documents = new Map<string, Line[]>();
  for (const line of settlement.lines.all()) {
    const { owner, key, kind } = line;
    if (owner.version.tariff.model.rounding.at !== 'document' || kind === 'record' || kind === 'allowance') continue;
    const document = `${owner.subscription}\n${key.version}\n${key.payer}\n${key.cycle}`;
    documents.set(document, [...(documents.get(document) ?? []), line]);
  }
  for (const lines of documents.values()) {
    const [{ owner, key }] = lines as [Line];
    const exact = lines.reduce((sum, line) => plus(sum, line.exact()), NOTHING);
    const document = roundMoney(owner.version, exact);
    const standing = lines.reduce((sum, line) => addMoney(sum, line.total()), NO_MONEY);
    const difference = less(document, standing);
    if (difference.amountMicros === 0 && difference.taxMicros === 0) continue;
    const { subscription, version, cycle } = owner;
    const of = { subscription, version, cycle, component: ROUNDING, payer: key.payer };
    const line = settlement.lines.line('rounding', of);
    line.addMoney(difference);
    const { mode, decimals } = version.tariff.model.rounding;
    line.steps.push({
      step: 'rounding',
      text: `The sum of ${lines.length} line(s) is rounded ${mode} to ${decimals} decimals on the document.`,
      data: { lines: lines.length, mode, decimals, at: 'document' },
    });
  }
}

function less(a: Money, b: Money): Money {
  return {
    priced: safe(a.priced - b.priced),
    amountMicros: safe(a.amountMicros - b.amountMicros),
    taxMicros: safe(a.taxMicros - b.taxMicros),
  };
}
