/** Net metering: what came in less what went out, by window or by cycle, with a bank for what is over. */
import { product } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import { formatQuantity, type NetModel } from '../language/index.ts';
import type { Days } from './cycles.ts';
import { negative, whole } from './exact.ts';
import { exactSigned } from './line.ts';
import { safe } from './money.ts';
import type { PartOf, Settlement, Together } from './settlement.ts';
import type { Use } from './use.ts';
import { byWindow } from './windows.ts';

interface Netted {
  in: number;
  out: number;
}

export function addNet(settlement: Settlement, version: BookVersion): void {
  for (const net of version.tariff.model.period.net) {
    for (const found of settlement.parts(version, net)) addPart(settlement, net, found);
  }
}

function addPart(settlement: Settlement, net: NetModel, found: PartOf): void {
  const { lead, part } = found;
  const uses = found.uses.filter((use) => settlement.takerOf(use) === net);
  if (uses.length === 0) return;
  const netted = netOf(net, uses);
  const drawn = net.bank === 0 ? 0 : Math.min(netted.in, banked(settlement, net, found));
  const billed = netted.in - drawn;
  const { version, cycle } = part;
  const { base } = version.tariff.model;
  const of = { subscription: lead.subscription, version, cycle };
  const text =
    `Net import ${formatQuantity(netted.in, base)}, net export ${formatQuantity(netted.out, base)}` +
    `${net.bank === 0 ? '' : `, from the bank ${formatQuantity(drawn, base)}`}.`;
  const data = { import: netted.in, export: netted.out, fromBank: drawn };
  if (net.into !== null) settlement.flows.push({ part, lead, into: net.into, quantity: billed, priced: 0 });
  else {
    const line = settlement.lines.line('measured', { ...of, component: net.component });
    line.add(product(whole(billed), net.price!.rate));
    line.addQuantity(billed);
    for (const { usage } of uses) line.mention(usage.identity, usage.quantity);
    line.steps.push({ step: 'quantity', text, data: { ...data, ...net.price!.text } });
  }
  if (net.credit === null || netted.out === 0) return;
  const line = settlement.lines.line('measured', { ...of, component: net.credit.component });
  const micros = negative(product(whole(netted.out), net.credit.price.rate));
  line.add(micros);
  line.addQuantity(netted.out);
  for (const { usage } of uses) line.mention(usage.identity, usage.quantity);
  line.steps.push({ step: 'quantity', text: `${text} Credit ${exactSigned(micros)}.`, data });
}

function netOf(net: NetModel, uses: readonly Use[]): Netted {
  const signed = (use: Use) => (sameNet(net, use)!.import.includes(use.band) ? 1 : -1) * use.usage.quantity;
  const sums =
    net.windowMs === 0
      ? [uses.reduce((sum, use) => safe(sum + signed(use)), 0)]
      : byWindow(uses, net.windowMs, signed).map(({ quantity }) => quantity);
  return {
    in: sums.reduce((sum, one) => safe(sum + Math.max(0, one)), 0),
    out: sums.reduce((sum, one) => safe(sum + Math.max(0, -one)), 0),
  };
}

/** What earlier cycles left: each surplus lowers the import of the next `bank` cycles, the oldest first. */
function banked(settlement: Settlement, net: NetModel, { part, lead, members }: PartOf): number {
  const cycles = settlement
    .cyclesBefore(part.version, net, part.cycle, lead, net.bank > 1 ? Infinity : net.bank)
    .reverse();
  const earlier = { first: part.cycle.first, end: part.first };
  const bank: { age: number; quantity: number }[] = [];
  const follow = (days: Days, ends: boolean): void => {
    const netted = netOf(net, netUses(settlement, net, { lead, members }, days));
    let wanted = netted.in;
    for (const surplus of bank) {
      const drawn = Math.min(wanted, surplus.quantity);
      surplus.quantity -= drawn;
      wanted -= drawn;
    }
    if (ends) for (const surplus of bank) surplus.age++;
    if (netted.out > 0) bank.push({ age: ends ? 1 : 0, quantity: netted.out });
  };
  for (const cycle of cycles) {
    follow(cycle, true);
    while (bank.length > 0 && bank[0].age > net.bank) bank.shift();
  }
  if (earlier.first < earlier.end) follow(earlier, false);
  return bank.reduce((sum, { quantity }) => sum + quantity, 0);
}

function netUses(settlement: Settlement, net: NetModel, together: Together, days: Days): Use[] {
  return settlement.usesIn(together, days, (use) => {
    const same = sameNet(net, use);
    return same !== undefined && settlement.takerOf(use) === same;
  });
}

/** The component in the usage's own version: numbers of bands belong to it. */
function sameNet({ component }: NetModel, { version }: Use): NetModel | undefined {
  return version.tariff.model.period.net.find((one) => one.component === component);
}
