/** Tariffs published while usage streams in: nobody stops, and each batch is priced by the version that its pin says. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System } from './system.ts';

const START_MS = 180_000;
const CORRECTIONS = 6;

let system: System;
let folder: string;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-tariff-live-'));
  write('tariffs/phone.yaml', tariff(1));
  write('tariffs/zones.csv', zones(1));
  const definitions = {
    tariffs: [path.join(folder, 'tariffs')],
    guiding: write('guiding.yaml', GUIDING),
    registry: [write('registry.yaml', REGISTRY)],
  };
  system = await System.start({ definitions, threads: 2 });
}, START_MS);
afterAll(async () => {
  await system.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

/** A minute costs as much as the revision's number. */
const tariff = (revision: number): string => `name: phone
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
zonesFile: zones.csv
rules: [{ price: { price: ${revision}.00, per: 1min } }]
`;
/** The later ones are so large that they are handed to the rater compiled. */
const zones = (revision: number): string =>
  ['380,home', ...Array.from({ length: revision > 3 ? 300_000 : 10 }, (_, index) => `4${100_000 + index},abroad`)].join(
    '\n',
  );
const GUIDING = 'guiding: test\nrules: [{ class: call.originating, views: [{ view: retail, by: [callingParty] }] }]\n';
const REGISTRY = `parties: [{ id: P-1, name: Somebody }]
accounts: [{ id: A-1, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }]
subscriptions:
  - id: S-1
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000001' }]
    tariffs: [{ view: retail, service: voice, tariff: phone }]
`;

let calls = 0;
function call(): Uint8Array {
  const at = new Date(Date.UTC(2026, 9, 5) + calls * 1000).toISOString();
  const data = { from: '380440000001', to: '380671234567', startAt: at, durationMs: 60_000 };
  const id = `c-${++calls}`;
  return Buffer.from(
    JSON.stringify({ specversion: '1.0', id, source: '/test', type: 'tollgrid.usage.voice', time: at, data }),
  );
}

describe('a tariff that is published while usage streams in', () => {
  it('prices each batch by the version of its pin, and a replay does the same', { timeout: 300_000 }, async () => {
    const pushed: number[] = [];
    let publishing = true;
    const stream = async (): Promise<void> => {
      while (publishing) {
        const events = Array.from({ length: 20 }, call);
        pushed.push((await system.services.pushUsage({ source: 'pbx', events, requestSha256: '' })).entryNo);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const publications: number[] = [];
    const publish = async (): Promise<void> => {
      for (let revision = 2; revision <= CORRECTIONS; revision++) {
        const { entry, version } = await system.services.publish({
          ...{ kind: 'tariff', name: 'phone.yaml', document: tariff(revision), correct: true, by: 'test' },
          ...{ files: { 'zones.csv': zones(revision) }, person: 'O. Petrenko', note: `correction ${revision}` },
        });
        expect(version).toBe(`phone@2026-01-01#${revision}`);
        publications.push(entry);
        const seen = pushed.length;
        while (pushed.length < seen + 3) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      publishing = false;
    };
    await Promise.all([stream(), publish()]);
    await system.processed();
    const charges = await system.charges();
    expect(charges).toHaveLength(calls);
    const expected = (entryNo: number): string => {
      const revision = 1 + publications.filter((publication) => publication < entryNo).length;
      return `${revision}.000000 phone@2026-01-01${revision === 1 ? '' : `#${revision}`}`;
    };
    const wrong = charges.filter(
      ({ id, amount, tariff: version }) => `${amount} ${version}` !== expected(Number(id.split('.')[0])),
    );
    expect(wrong).toEqual([]);
    // The stream went on between any two of them.
    expect(new Set(charges.map(({ tariff: version }) => version)).size).toBe(CORRECTIONS);
    // One large one was handed over as a file.
    expect(fs.readdirSync(path.join(system.folder, 'data', 'run', 'compiled'))).toHaveLength(CORRECTIONS - 3);
    await system.services.rebuild({ threads: 1 });
    expect(await system.charges()).toEqual(charges);
  });
});
