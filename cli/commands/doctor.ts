import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { examine } from '../examinations.ts';

export const doctor: CommandSpec = {
  usage: 'doctor',
  summary: 'Check what Tollgrid needs from this machine; exits 3 when something is missing',
  configured: true,
  examples: ['tollgrid doctor'],
  run: async (context) => {
    const findings = await examine(await context.config());
    const ok = findings.every((finding) => finding.state !== 'bad');
    show(context, { ok, findings }, () => {
      const marks = { good: 'ok    ', poor: 'poor  ', bad: 'WRONG ' };
      return findings.flatMap(({ name, state, found, cure }) => [
        `${marks[state]} ${name}: ${found}`,
        ...(state === 'good' ? [] : [`       ${cure}`]),
      ]);
    });
    return ok ? 0 : 3;
  },
};
