/** The thread of the workshop. Errors go back as values: classes do not survive the way between threads. */
import { Piscina } from 'piscina';
import { toTollgridError, type ErrorCode } from '../../platform/errors.ts';
import { prepareWork, type PreparedTariff, type TariffWorkInput } from './tariff-work.ts';

export type TariffThreadAnswer =
  | { prepared: PreparedTariff }
  | { failed: { code: ErrorCode; message: string; details: Record<string, unknown> } };

export default function run(input: TariffWorkInput): unknown {
  try {
    const prepared = prepareWork(input);
    const answer: TariffThreadAnswer = { prepared };
    const { buffer } = prepared.body;
    // The body is handed over; Piscina takes any object with its two symbols, which its types do not say.
    return Piscina.move({
      get [Piscina.transferableSymbol]() {
        return buffer instanceof ArrayBuffer && buffer.byteLength === prepared.body.length ? [buffer] : [];
      },
      get [Piscina.valueSymbol]() {
        return answer;
      },
    } as unknown as ArrayBuffer);
  } catch (error) {
    const { code, message, details } = toTollgridError(error);
    return { failed: { code, message, details } } satisfies TariffThreadAnswer;
  }
}
