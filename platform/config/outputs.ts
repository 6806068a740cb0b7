/** Rules about more than one key of the outputs. Pure. */
import type { OutputConfig } from '../../schemas/config.ts';
import type { Mistake } from './check.ts';

export function outputMistakes(outputs: readonly OutputConfig[]): Mistake[] {
  return outputs.flatMap(({ name, kind, ...sections }, index) => {
    const wrong = (key: string, message: string): Mistake => ({ path: ['outputs', index, key], message });
    return [
      ...(outputs.findIndex((one) => one.name === name) < index ? [wrong('name', `is used twice: ${name}`)] : []),
      ...(sections[kind] === undefined ? [wrong(kind, `is missing: an output of kind ${kind} needs it`)] : []),
    ];
  });
}
