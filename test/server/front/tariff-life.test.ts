/** A tariff from draft to correction, through the whole program: what each entry is priced with, and what is refused. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System } from './system.ts';

const START_MS = 180_000;
const tariff = (price: string, effective = '2026-01-01', rest = ''): string => `name: phone
effective: ${effective}
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
zonesFile: zones.csv
rules: [{ zone: home, price: { price: ${price}, per: 1min, first: 1s, then: 1s } }]
${rest}`;
const FILES = { 'zones.csv': 'prefix,zone\n380,home\n' };
const REGISTRY = `parties: [{ id: P-1, name: Somebody }]
accounts: [{ id: A-1, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }]
subscriptions:
  - id: S-1
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000001' }]
    tariffs: [{ view: retail, service: voice, tariff: phone }]
`;
const GUIDING = 'guiding: test\nrules: [{ class: call.originating, views: [{ view: retail, by: [callingParty] }] }]\n';
const SIGNED = { by: 'test', person: 'O. Petrenko', note: 'prices of the year' };

let system: System;
let folder: string;
let definitions: Record<string, unknown>;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-tariff-life-'));
  write('tariffs/phone.yaml', tariff('1.00'));
  write('tariffs/zones.csv', FILES['zones.csv']);
  definitions = {
    tariffs: [path.join(folder, 'tariffs')],
    guiding: write('guiding.yaml', GUIDING),
    registry: [write('registry.yaml', REGISTRY)],
  };
  system = await System.start({ definitions });
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

let calls = 0;
/** A call of a minute in October. */
async function call(): Promise<{ amount: string; tariff: string; id: string }> {
  const id = `c-${++calls}`;
  const data = { from: '380440000001', to: '380671234567', startAt: '2026-10-05T09:00:00Z', durationMs: 60_000 };
  const event = { specversion: '1.0', id, source: '/test', type: 'tollgrid.usage.voice', time: data.startAt, data };
  const events = [Buffer.from(JSON.stringify(event))];
  const { entryNo } = await system.services.pushUsage({ source: 'pbx', events, requestSha256: '' });
  await system.processed(entryNo);
  const charge = (await system.charges()).find((one) => one.id.startsWith(`${entryNo}.`))!;
  return { amount: charge.amount, tariff: charge.tariff, id: charge.id };
}

const publish = (document: string, options: { correct?: boolean } & Partial<typeof SIGNED> = {}) =>
  system.services.publish({ kind: 'tariff', name: 'phone.yaml', document, files: FILES, ...SIGNED, ...options });
const history = async () => (await system.services.tariffHistory({ name: 'phone', limit: 100 }))!.items;

describe('a tariff', { timeout: 180_000 }, () => {
  it('is published by the start when its version is new, and says so in its history', async () => {
    expect(await call()).toMatchObject({ amount: '1.000000', tariff: 'phone@2026-01-01' });
    expect(await history()).toMatchObject([
      { version: 'phone@2026-01-01', state: 'published', revision: 1, by: 'start', person: null, endedBy: null },
    ]);
  });

  it('is not published without a name and a note, nor when a test in it fails', async () => {
    const before = system.services.status().logHead;
    await expect(publish(tariff('2.00', '2026-11-01'), { person: ' ' })).rejects.toMatchObject({
      code: 'TARIFF_UNSIGNED',
    });
    await expect(
      system.services.publish({ kind: 'tariff', name: 'x', document: tariff('2.00'), files: FILES, by: 'test' }),
    ).rejects.toMatchObject({ code: 'TARIFF_UNSIGNED', details: { missing: ['a person', 'a note'] } });
    const failing = tariff('2.00', '2026-11-01', FAILING_TEST);
    await expect(publish(failing)).rejects.toMatchObject({ code: 'TARIFF_TEST_FAILED' });
    await expect(publish('name: x')).rejects.toMatchObject({ code: 'TARIFF_INVALID' });
    expect(system.services.status().logHead).toBe(before);
  });

  it('is left alone when it says the same, and refused when it says something else', async () => {
    expect(await publish(tariff('1.00'))).toMatchObject({ unchanged: true, version: 'phone@2026-01-01' });
    expect(await publish(tariff('1.00'), { correct: true })).toMatchObject({ unchanged: true });
    await expect(publish(tariff('2.00'))).rejects.toMatchObject({ code: 'TARIFF_PUBLISHED' });
    await expect(publish(tariff('2.00', '2026-12-01'), { correct: true })).rejects.toMatchObject({
      code: 'TARIFF_CORRECTS_NOTHING',
    });
    expect(await call()).toMatchObject({ amount: '1.000000', tariff: 'phone@2026-01-01' });
  });

  it('is corrected by a revision beside it: new usage has the new price, what was priced stays', async () => {
    const old = await call();
    const answer = await publish(tariff('0.90'), { correct: true, note: 'was the price of last year' });
    expect(answer).toMatchObject({ unchanged: false, version: 'phone@2026-01-01#2' });
    expect(await call()).toMatchObject({ amount: '0.900000', tariff: 'phone@2026-01-01#2' });
    const explained = (await system.services.explainCharge(old.id))!;
    expect(explained.charge).toMatchObject({ amount: '1.000000', tariff: 'phone@2026-01-01' });
    expect(explained.steps.map(({ step }) => step)).not.toContain('difference');
    expect(explained.steps.find(({ step }) => step === 'version')!.data).toMatchObject({ version: 'phone@2026-01-01' });
    expect(await history()).toMatchObject([
      { revision: 1, state: 'published', endedBy: answer.entry },
      { revision: 2, state: 'published', endedBy: null, person: 'O. Petrenko', note: 'was the price of last year' },
    ]);
    const documents = await Promise.all(
      ['', '#1', '#2'].map((which) => system.services.tariffDocument(`phone@2026-01-01${which}`)),
    );
    expect(documents.map(({ document }) => /price: ([\d.]+)/.exec(document)![1])).toEqual(['0.90', '1.00', '0.90']);
    await expect(system.services.tariffDocument('phone@2026-01-01#3')).rejects.toMatchObject({
      code: 'TARIFF_UNKNOWN',
    });
  });

  it('waits as a draft that prices nothing, is replaced and withdrawn', async () => {
    const registryNo = (await history()).at(-1)!.entry;
    const first = await system.services.draftTariff({ document: tariff('0.50'), files: FILES, by: 'test' });
    expect(first).toMatchObject({ version: 'phone@2026-01-01', unchanged: false, tests: [] });
    expect(await system.services.draftTariff({ document: tariff('0.50'), files: FILES, by: 'test' })).toMatchObject({
      entry: first.entry,
      unchanged: true,
    });
    const second = await system.services.draftTariff({ document: tariff('0.40'), files: FILES, ...SIGNED });
    expect(await call()).toMatchObject({ amount: '0.900000' });
    expect((await system.services.tariffs({ limit: 10 })).items).toMatchObject([
      { kind: 'draft', state: 'draft', version: 'phone@2026-01-01#draft', entry: second.entry },
      { kind: 'publication', state: 'published', version: 'phone@2026-01-01#2', entry: registryNo },
    ]);
    const withdrawn = await system.services.withdrawDraft({ version: 'phone@2026-01-01', by: 'test' });
    expect((await history()).filter(({ kind }) => kind === 'draft')).toMatchObject([
      { state: 'withdrawn', endedBy: second.entry },
      { state: 'withdrawn', endedBy: withdrawn.entry },
    ]);
    await expect(system.services.withdrawDraft({ version: 'phone@2026-01-01', by: 'test' })).rejects.toMatchObject({
      code: 'TARIFF_UNKNOWN',
    });
  });

  it('is published from its draft exactly as it was kept, and its tests must hold', async () => {
    const failing = tariff('0.50', '2027-01-01', FAILING_TEST);
    const kept = await system.services.draftTariff({ document: failing, files: FILES, by: 'test' });
    expect(kept.tests).toMatchObject([{ name: 'a minute', ok: false }]);
    const asked = { version: 'phone@2027-01-01', ...SIGNED };
    await expect(system.services.publishDraft(asked)).rejects.toMatchObject({ code: 'TARIFF_TEST_FAILED' });
    const right = await system.services.draftTariff({
      document: tariff('0.50', '2027-01-01'),
      files: FILES,
      by: 'test',
    });
    await expect(system.services.publishDraft({ ...asked, note: '' })).rejects.toMatchObject({
      code: 'TARIFF_UNSIGNED',
    });
    const published = await system.services.publishDraft(asked);
    expect(published).toMatchObject({ version: 'phone@2027-01-01', sha256: right.sha256, unchanged: false });
    expect((await history()).slice(-2)).toMatchObject([
      { kind: 'draft', state: 'published', endedBy: published.entry },
      { kind: 'publication', draft: right.entry, person: 'O. Petrenko' },
    ]);
  });

  it(
    'that differs in its folder from what is published is not applied by the start, which says so',
    async () => {
      const before = await history();
      await system.stop();
      write('tariffs/phone.yaml', tariff('7.00'));
      write('tariffs/phone-2028.yaml', tariff('0.30', '2028-01-01'));
      system = await System.start({ folder: system.folder, definitions });
      const { notices } = system.services.status();
      expect(notices).toMatchObject([{ code: 'TARIFF_PUBLISHED' }]);
      expect(notices[0]!.message).toContain('phone.yaml differs from what is published as phone@2026-01-01');
      expect(notices[0]!.cure).toContain('--correct');
      const metrics = await system.services.metricsText();
      expect(metrics).toContain('tollgrid_start_notices{code="TARIFF_PUBLISHED"} 1');
      expect(metrics).toContain('tollgrid_tariffs{state="published"} 3');
      expect(await history()).toMatchObject([...before, { version: 'phone@2028-01-01', by: 'start' }]);
      expect(await call()).toMatchObject({ amount: '0.900000', tariff: 'phone@2026-01-01#2' });
      // What was priced before and behind the correction is computed again from the log as it was.
      const charges = await system.charges();
      await system.services.rebuild({ threads: 2 });
      expect(await system.charges()).toEqual(charges);
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );
});

const FAILING_TEST = `tests:
  - name: a minute
    given: { start: '2027-01-02T10:00:00', duration: 60s, to: '380671234567' }
    expect: { amount: 9.99 }
    source: computed
`;
