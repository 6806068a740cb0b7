/** RADIUS packets of the RFCs, of FreeRADIUS and self-made ones: read from where they lie, never copied. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isResponseTo, requestFault } from '../../collectors/radius/authenticators.ts';
import { attributesOf, readPacket, type Packet } from '../../collectors/radius/packet.ts';
import { projectRoot } from '../../platform/paths.ts';

const folder = path.join(process.env['TOLLGRID_VECTORS'] ?? path.join(projectRoot, '../shared/vectors'), 'radius');
const present = existsSync(folder);
if (!present) process.stderr.write(`SKIPPED: no RADIUS vectors in ${folder}; set TOLLGRID_VECTORS to run them\n`);

interface Vector {
  name: string;
  hex: string;
  code: number;
  identifier: number;
  length: number;
  secret: string | null;
  answers?: string;
  attributes: { type: number; length: number }[];
  authenticatorCheck?: { valid: boolean | null };
  messageAuthenticatorCheck?: { valid: boolean };
}

const REQUESTS = [1, 4, 12, 40, 43];
const files = present ? ['rfc_examples', 'freeradius_packets', 'selfmade'] : [];
const read = (file: string): { packets: Vector[]; malformed?: { name: string; hex: string }[] } =>
  JSON.parse(readFileSync(path.join(folder, `${file}.json`), 'utf8')) as { packets: Vector[] };
const packetOf = ({ hex }: { hex: string }): Packet | null => readPacket(Buffer.from(hex, 'hex'));

describe.skipIf(!present)('RADIUS vectors', () => {
  it.each(files)('%s: are read attribute by attribute', (file) => {
    for (const vector of read(file).packets) {
      const packet = packetOf(vector)!;
      const { name, code, identifier, length } = vector;
      const found = { name, code: packet.code, identifier: packet.identifier, length: packet.bytes.length };
      expect(found).toEqual({ name, code, identifier, length });
      const attributes = [...attributesOf(packet)].map(({ type, from, to }) => ({ type, length: to - from + 2 }));
      expect([name, attributes]).toEqual([
        name,
        vector.attributes.map(({ type, length: size }) => ({ type, length: size })),
      ]);
    }
  });

  it('requests are believed by their authenticators alone', () => {
    let seen = 0;
    for (const vector of files.flatMap((file) => read(file).packets)) {
      const { name, code, secret, authenticatorCheck, messageAuthenticatorCheck } = vector;
      if (secret === null || !REQUESTS.includes(code)) continue;
      const signed = authenticatorCheck?.valid ?? true;
      const whole = messageAuthenticatorCheck?.valid ?? ![1, 12].includes(code);
      expect([name, requestFault(packetOf(vector)!, Buffer.from(secret)) === null]).toEqual([name, signed && whole]);
      seen++;
    }
    expect(seen).toBeGreaterThan(10);
  });

  it('responses are known as answers to their requests', () => {
    const vectors = read(files[2]).packets;
    const answers = vectors.filter(({ answers: of }) => of !== undefined);
    expect(answers.length).toBeGreaterThan(5);
    for (const answer of answers) {
      const request = packetOf(vectors.find(({ name }) => name === answer.answers)!)!;
      expect([answer.name, isResponseTo(packetOf(answer)!, request, Buffer.from(answer.secret!))]).toEqual([
        answer.name,
        true,
      ]);
    }
  });

  it('what is broken is no packet', () => {
    const { malformed } = read(files[2]);
    expect(malformed!.filter((one) => packetOf(one) !== null)).toEqual([]);
  });
});
