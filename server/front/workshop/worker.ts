/** The thread of the workshop. Errors go back as values: classes do not survive the way between threads. */
import { Piscina } from 'piscina';
import { toTollgridError, type ErrorCode } from '../../../platform/errors.ts';
import { compareWork, prepareWork, type CompareInput, type TariffWorkInput } from './work.ts';

export type TariffThreadTask = { prepare: TariffWorkInput } | { compare: CompareInput };

export type TariffThreadAnswer<T> =
  { done: T } | { failed: { code: ErrorCode; message: string; details: Record<string, unknown> } };

export default function run(task: TariffThreadTask): unknown {
  try {
    if ('compare' in task) return { done: compareWork(task.compare) };
    const done = prepareWork(task.prepare);
    return handedOver({ done }, done.body);
  } catch (error) {
    const { code, message, details } = toTollgridError(error);
    return { failed: { code, message, details } };
  }
}

/** The bytes move with the answer. (Piscina takes any object with its two symbols; its types do not say so.) */
function handedOver(answer: unknown, { buffer, byteLength }: Uint8Array): unknown {
  return Piscina.move({
    get [Piscina.transferableSymbol]() {
      return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
    },
    get [Piscina.valueSymbol]() {
      return answer;
    },
  } as unknown as ArrayBuffer);
}
