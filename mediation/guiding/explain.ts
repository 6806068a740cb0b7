/** The steps of guiding one record, in words, for people who ask why. */
import { TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { errorCode } from '../../platform/errors.ts';
import type { RegistryLookup } from '../../registry/index.ts';
import type { CompiledFormat } from '../formats/types.ts';
import { Guiding } from './guide.ts';
import type { BoundView, GuidingPlan } from './plan.ts';

/** Says how the record is guided by this plan and look-up; changes nothing. */
export function explainGuiding(
  plan: GuidingPlan,
  lookup: RegistryLookup,
  format: CompiledFormat,
  records: RecordColumns,
  record: number,
): string[] {
  const usage = new UsageColumns(Math.max(1, plan.views.length));
  const guiding = new Guiding(plan, lookup, format, records, usage);
  const { name } = format.classes[records.classNo[record]];
  const rule = guiding.ruleOf(record);
  if (rule === null) return [`no rule of ${plan.name} fits class ${name} of format ${format.name}: GUIDE_NO_RULE`];
  if (rule.index < 0) return [`class ${name} of format ${format.name} is never guided`];

  const { class: pattern, reason } = plan.rules[rule.index];
  const steps = [`class ${name} of format ${format.name}: rule ${rule.index + 1} of ${plan.name} (${pattern})`];
  if (rule.views.length === 0) return [...steps, `needs no owner: ${reason}`];
  for (const view of rule.views) steps.push(...viewSteps(view, lookup, records, record));
  const code = guiding.record(rule, record);
  return [...steps, code === 0 ? `guided in ${usage.count} view(s)` : `suspended: ${errorCode(code)}`];
}

function viewSteps(view: BoundView, lookup: RegistryLookup, records: RecordColumns, record: number): string[] {
  const atMs = records.startMs[record];
  const time = new Date(atMs).toISOString();
  const steps: string[] = [];
  for (const { field, kindNo } of view.keys) {
    const what = `view ${view.view}: ${TEXT_FIELDS[field]}`;
    const length = records.textLength[field][record];
    if (length === 0) {
      steps.push(`${what} is empty`);
      continue;
    }
    const value = `${what} ${records.textOf(field, record)}`;
    const found = lookup.find(kindNo, records.text, records.textOffset[field][record], length, atMs);
    if (found >= 0) {
      const subscriptionNo = lookup.subscriptionNo(found);
      const service = SERVICE_NAMES[view.serviceNo];
      const tariffNo = lookup.tariffNo(subscriptionNo, view.view, service, atMs);
      const owner = `subscription no. ${subscriptionNo}, account no. ${lookup.accountNo(found)}`;
      const tariff =
        tariffNo < 0 ? `no tariff for ${service}` : `tariff ${lookup.tariffNames[tariffNo]} for ${service}`;
      return [...steps, `${value} belonged to ${owner} at ${time}`, `view ${view.view}: ${tariff}`];
    }
    steps.push(found === -2 ? `${value} is known, but belonged to nobody at ${time}` : `${value} belongs to nobody`);
  }
  return view.required ? steps : [...steps, `view ${view.view} is not required and is left out`];
}
