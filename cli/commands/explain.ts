import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { chargeId } from '../options.ts';
import { money, printable, tableLines, whole } from '../table.ts';
import type { Explanation } from '../../schemas/api/charges.ts';

export const explain: CommandSpec = {
  usage: 'explain <id>',
  summary: 'Say why a charge is what it is: each step, down to the bytes it came from',
  args: { id: 'Id of the charge, as `charges` shows it: entry.record.charge' },
  configured: true,
  examples: ['tollgrid explain 12.345.0'],
  run: async (context, [id]) => {
    const route = `/v1/charges/${chargeId(id)}/explain`;
    const answer: Explanation = await context.withApi((api) => api.get(route));
    show(context, answer, () => explanationLines(answer));
  },
};

export function explanationLines({ charge, record, steps, covers, coversTotal }: Explanation): string[] {
  const lines = [
    `Charge ${charge.id}: ${money(charge.amount)} ${charge.currency}, of which ${money(charge.tax)} is tax`,
    `  ${charge.view} ${charge.service}, account ${charge.account}, subscription ${charge.subscription}, ${charge.kind}`,
    `  ${charge.startAt} to ${charge.endAt}: ${whole(charge.quantity)} ${charge.unit}, billed ${whole(charge.billed)}`,
    `  tariff ${charge.tariff}${charge.component === '' ? '' : `, component ${charge.component}`}`,
  ];
  if (charge.corrects !== null) lines.push(`  corrects charge ${charge.corrects}`);
  lines.push('', 'Steps', ...steps.map((step, index) => `  ${index + 1}. ${step.text}`));
  if (record !== null) {
    const place = record.file === null ? `pushed to ${record.source}` : `file ${record.file} of ${record.source}`;
    lines.push(
      '',
      `Record ${record.address}, format ${record.format}`,
      `  ${place}, bytes ${record.byteOffset} to ${record.byteOffset + record.byteLength}, accepted ${record.acceptedAt}`,
      ...record.text
        .trimEnd()
        .split(/\r?\n/)
        .map((line) => `  | ${printable(line)}`),
    );
  }
  if (coversTotal > 0) {
    lines.push(
      '',
      `Usages it covers: ${whole(coversTotal)}${covers.length < coversTotal ? `, the first ${covers.length}` : ''}`,
    );
    const rows = tableLines(
      [
        { head: 'charge', value: (usage) => usage.charge },
        { head: 'start', value: (usage) => usage.startAt },
        { head: 'quantity', value: (usage) => whole(usage.quantity), align: 'right' },
      ],
      covers,
    );
    lines.push(...rows.map((row) => `  ${row}`));
  }
  return lines;
}
