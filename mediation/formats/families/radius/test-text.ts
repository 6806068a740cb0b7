/** Packets in the tests of a format file: a line each of sender, time of receipt (ISO 8601) and hexadecimal digits. */
import { makeFrame } from '../../frame.ts';

export function framesOfText(text: string): Uint8Array {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Buffer.concat(
    lines.map((line) => {
      const [sender, time, hex] = line.trim().split(/\s+/) as [string, string?, string?];
      const receivedMs = Date.parse(time ?? '');
      return makeFrame(sender, Number.isNaN(receivedMs) ? 0 : receivedMs, Buffer.from(hex ?? '', 'hex'));
    }),
  );
}
