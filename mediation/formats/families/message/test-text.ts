/**
 * Messages in the tests of a format file, a line each: time of receipt (ISO 8601), `retained`, `repeated` or `raw` where it
 * is so, topic, ` => `, payload. A raw payload is written in hexadecimal, and may have a part: `part@topic`.
 */
import type { FormatDocument } from '../../../../schemas/format.ts';
import { makeMessageFrame, MESSAGE_FLAGS } from '../../frame.ts';
import { partsOf } from './parts.ts';

const LINE = /^(\S+) ((?:retained |repeated |raw )*)(.*?) => (.*)$/;

export function framesOfMessages(text: string, document: FormatDocument): Uint8Array {
  const shown = partsOf(document);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Buffer.concat(
    lines.flatMap((line) => {
      const [, time, flagWords, topic, written] = LINE.exec(line.trim()) ?? ['', '', '', line, ''];
      const words = flagWords.split(' ').filter((word) => word !== '') as (keyof typeof MESSAGE_FLAGS)[];
      const flags = words.reduce((sum, word) => sum | MESSAGE_FLAGS[word], 0);
      const payload = Buffer.from(written, words.includes('raw') ? 'hex' : 'utf8');
      const ms = Date.parse(time);
      const receivedMs = Number.isNaN(ms) ? 0 : ms;
      if (words.includes('raw')) {
        const [part, of] = topic.includes('@') ? (topic.split('@') as [string, string]) : ['', topic];
        return [makeMessageFrame({ topic: of, receivedMs, flags, part, payload })];
      }
      return shown(payload).map((part) => makeMessageFrame({ topic, receivedMs, flags, part, payload }));
    }),
  );
}
