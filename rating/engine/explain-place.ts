/** Steps that lead to the rule: version, zone, band, conditions. */
import { listedPrefix, type CompiledTariff } from '../compiler/index.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { Ratio } from '../arithmetic/ratio.ts';
import { BILLIONTHS, formatQuantity, type ConditionModel } from '../language/index.ts';
import { attributesOf, toEnergy } from './energy.ts';
import { Priced } from './priced.ts';
import type { Step } from './step.ts';

export function versionStep(tariff: CompiledTariff, steps: Step[]): void {
  const { version, model } = tariff;
  const { title, effective, timeZone, payee } = model;
  steps.push({
    step: 'version',
    text: `Tariff ${version} (${title}), in force since ${effective} in ${timeZone}${collectedFor(payee)}.`,
    data: { version, title, effective, timeZone, ...(payee !== '' && { payee }) },
  });
}

export function collectedFor(payee: string): string {
  return payee === '' ? '' : `, collected for ${payee}`;
}

export function zoneStep(tariff: CompiledTariff, zone: number, digits: string, steps: Step[]): void {
  const prefix = listedPrefix(tariff.trie, digits);
  const name = tariff.model.zones.names[zone];
  const { zonesOf } = tariff.model;
  const who = zonesOf === 'calledParty' ? '' : `${zonesOf} `;
  steps.push({
    step: 'zone',
    text: `${who}${digits} begins with ${prefix === '' ? 'no listed prefix' : prefix}: zone ${name}.`,
    data: { digits, prefix, zone: name },
  });
}

export function bandStep(tariff: CompiledTariff, band: number, startMs: number, register: string, steps: Step[]): void {
  const name = tariff.model.bands.names[band];
  if (tariff.byRegister) {
    steps.push({ step: 'band', text: `Register ${register}: ${name}.`, data: { register, band: name } });
  } else if (name !== '') {
    const local = bandTime(tariff, startMs);
    const { clock } = tariff.model;
    const which = clock === 'local' ? 'local time' : clock === 'standard' ? 'winter time' : `UTC${clock}`;
    steps.push({ step: 'band', text: `Start ${local} ${which}: band ${name}.`, data: { local, clock, band: name } });
  }
}

/** From what the meter counted to what is sold. */
export function energyStep(
  tariff: CompiledTariff,
  usage: UsageColumns,
  row: number,
  { asked }: Priced,
  steps: Step[],
): void {
  const again = new Priced();
  again.of(usage.startMs[row], usage.endMs[row], usage.quantity[row], 0);
  const told = asked === null ? null : toEnergy(tariff, again, attributesOf(asked));
  if (told === null) return;
  const { litres, wattHours, days, area } = told;
  const { measuredIn, base, energy } = tariff.model;
  const [calorific, correction] = [decimals(told.calorific), decimals(told.correction)];
  const mean = days === 1 ? '' : `, the mean of ${days} days`;
  steps.push({
    step: 'energy',
    text:
      `${formatQuantity(litres, measuredIn)} × correction ${correction} × ${calorific} ${energy!.unit} per m3` +
      `${area === '' ? '' : ` in ${area}`}${mean} = ${formatQuantity(wattHours, base)}.`,
    data: { litres, wattHours, days, area, calorific, correction, unit: energy!.unit },
  });
}

/** Nine decimals; a longer one ends in `…`. */
function decimals({ num, den }: Ratio): string {
  const digits = ((num * BILLIONTHS) / den).toString().padStart(10, '0');
  const tail = (num * BILLIONTHS) % den === 0n ? '' : '…';
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '') + tail;
}

export function conditionStep(tariff: CompiledTariff, rule: number, steps: Step[]): void {
  for (const condition of tariff.model.rules[rule].when) {
    const { text, data } = told(condition);
    steps.push({ step: 'condition', text: `${text}.`, data: { key: condition.key, ...data } });
  }
}

function told(condition: ConditionModel): { text: string; data: Step['data'] } {
  switch (condition.key) {
    case 'field': {
      const values = [...condition.values.map((value) => value || 'absent'), ...condition.sets].join(', ');
      return { text: `${condition.field} is one of ${values}`, data: { field: condition.field, values } };
    }
    case 'class':
    case 'realm': {
      const values = condition.values.join(', ');
      const what = condition.key === 'class' ? 'The record class' : 'The realm';
      return { text: `${what} is one of ${values}`, data: { values } };
    }
    case 'direction':
      return {
        text: condition.direction === 'in' ? 'The customer was called' : 'The customer called',
        data: { direction: condition.direction },
      };
    case 'forwarded':
      return {
        text: condition.forwarded ? 'The call was forwarded' : 'The call was not forwarded',
        data: { forwarded: condition.forwarded },
      };
    case 'attribute': {
      const values = condition.values.join(', ');
      return { text: `Attribute ${condition.name} is one of ${values}`, data: { name: condition.name, values } };
    }
    case 'listed':
      return { text: `The other party is listed in ${condition.name}`, data: { name: condition.name } };
    case 'shares':
      return { text: `The other party has the same ${condition.name}`, data: { name: condition.name } };
  }
}

/** By the clock of the bands. */
export function bandTime(tariff: CompiledTariff, utcMs: number): string {
  return new Date(tariff.bandClock.toLocalMs(utcMs)).toISOString().slice(0, 19);
}
