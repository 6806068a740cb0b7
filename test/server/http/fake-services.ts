/** A small stand-in for the front: remembers what it was asked, answers from constants. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { TollgridError } from '../../../platform/errors.ts';
import {
  createServer,
  DEFAULT_HTTP_CONFIG,
  type FrontServices,
  type ServerOptions,
} from '../../../server/http/index.ts';
import { CANARY, CHARGE, FILE, INCIDENT, PREVIEW, OUTPUT, SOURCE, STATEMENT, TARIFF, account } from './samples.ts';

export interface Call {
  method: string;
  input: unknown;
}

export interface Fake {
  services: FrontServices;
  /** Every call in order. */
  calls: Call[];
  /** What is called next throws this. */
  fail(error: Error): void;
  ready: boolean;
}

export function createFake(): Fake {
  const calls: Call[] = [];
  const keys = new Map<string, { sha256: string; entryNo: number }>();
  let failure: Error | undefined;
  let entries = 0;
  const fake: Fake = {
    calls,
    fail: (error) => (failure = error),
    ready: true,
    services: undefined as unknown as FrontServices,
  };
  const zero = {
    received: 5,
    rated: 3,
    absorbed: 1,
    duplicate: 0,
    superseded: 0,
    filtered: 0,
    rejected: 0,
    suspended: 1,
    writtenOff: 0,
    inFlight: 0,
    difference: 0,
  };
  const page = <T>(item: T) => ({ items: [item], next: 'bmV4dA' });

  const methods: FrontServices = {
    async pushUsage({ events, idempotencyKey, requestSha256 }) {
      const earlier = idempotencyKey === undefined ? undefined : keys.get(idempotencyKey);
      if (earlier && earlier.sha256 !== requestSha256) throw new TollgridError('IDEMPOTENCY_CONFLICT', 'Other body.');
      if (earlier) return { entryNo: earlier.entryNo, records: events.length, replayed: true };
      const entryNo = ++entries;
      if (idempotencyKey !== undefined) keys.set(idempotencyKey, { sha256: requestSha256, entryNo });
      return { entryNo, records: events.length, replayed: false };
    },
    async ingestFile({ stream }) {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk);
        sizeBytes += chunk.length;
      }
      const sha256 = hash.digest('hex');
      const earlier = keys.get(`file:${sha256}`);
      const fileEntry = ++entries;
      if (!earlier) keys.set(`file:${sha256}`, { sha256, entryNo: fileEntry });
      return {
        fileEntry,
        lastEntry: fileEntry,
        slices: 1,
        sizeBytes,
        ...(earlier && { duplicateOf: earlier.entryNo }),
      };
    },
    waitUntilProcessed: async (entryNo) => ({ processed: true, processedEntry: entryNo }),
    files: async () => page(FILE),
    file: async (entry) => (entry === FILE.entry ? FILE : null),
    releaseFile: async () => ({ entry: 17 }),
    rejectFile: async () => ({ entry: 18 }),
    incidents: async () => page(INCIDENT),
    closeIncident: async () => ({ entry: 19 }),
    usage: async () =>
      page({
        address: '7.3',
        identity: CHARGE.identity,
        account: 'A-1',
        subscription: 'S-1',
        view: 'retail',
        service: 'voice',
        startAt: CHARGE.startAt,
        endAt: CHARGE.endAt,
        quantity: 65_000,
        quantityUp: 0,
        unit: 'ms',
        party: '1',
        otherParty: '2',
        zone: 'local',
      }),
    charges: async () => page(CHARGE),
    sessions: async () =>
      page({
        session: '0'.repeat(32),
        nas: 'bras-1',
        sessionId: '81e00017',
        login: 'ivan@town',
        account: null,
        subscription: null,
        source: 'bras',
        startAt: '2026-10-15T05:00:00.000Z',
        lastAt: '2026-10-15T06:00:00.000Z',
        quantity: 30,
        quantityUp: 10,
        closed: '' as const,
        charges: [{ currency: 'UAH', amount: '1.25' }],
      }),
    explainCharge: async (id) =>
      id === CHARGE.id
        ? {
            charge: CHARGE,
            record: null,
            steps: [
              {
                step: 'zone',
                text: 'Zone local by prefix 38111.',
                data: { prefix: '38111', unitPrice: { micros: 2_000_000, per: 60_000 } },
              },
            ],
            covers: [],
            coversTotal: 0,
          }
        : null,
    usageSummary: async (id, period) => ({ account: id, period, lines: [], totals: [] }),
    accounts: async () => page(account('A-1', 'north/one')),
    account: async (id) => (id === 'A-1' ? account(id, '/north/one') : id === 'A-2' ? account(id, 'northern') : null),
    audit: async () => ({
      closes: true,
      asOfEntry: 9,
      by: 'file',
      records: [{ source: 'town', file: null, hour: null, ...zero }],
      total: zero,
      meters: [],
      checks: [],
      units: [],
      money: [],
    }),
    suspense: async () =>
      page({
        address: '7.4',
        code: 'BODY_NOT_JSON',
        field: '',
        source: 'http',
        format: 'cloudevents',
        acceptedAt: CHARGE.startAt,
        byteOffset: 0,
        byteLength: 3,
      }),
    suspenseBytes: async (address) => (address === '7.4' ? new Uint8Array([1, 0xff, 0]) : null),
    recycle: async () => ({ entry: 11 }),
    writeOff: async () => ({ entry: 12 }),
    settle: async () => ({ entry: 13 }),
    settlement: async (entry) =>
      entry === 13
        ? {
            ...{ entry, period: '2026-01', postingPeriod: '2026-01', settled: 2, failed: 1, lines: 5 },
            money: [{ currency: 'UAH', amount: '52.130000', tax: '8.690000' }],
            failures: [
              { code: 'SETTLE_ATTRIBUTE', count: 1, message: 'Attribute m2 is missing.', subscriptions: ['S-1'] },
            ],
          }
        : null,
    registryImport: async () => ({ entry: 14, created: 2, changed: 0, unchanged: 0 }),
    registryChange: async ({ objects }) => ({ entry: 15, created: objects.length, changed: 0, unchanged: 0 }),
    tariffs: async () => page(TARIFF),
    tariffHistory: async ({ name }) => (name === TARIFF.name ? page(TARIFF) : null),
    tariffDocument: async (reference) => ({ version: reference, document: 'a: 1', files: {} }),
    draftTariff: async () => ({
      ...{ entry: 17, version: 'town@2027-01-01', sha256: 'ab', unchanged: false },
      tests: [{ name: 'a call', ok: true, differences: [] }],
    }),
    publishDraft: async ({ version }) => ({ entry: 18, sha256: 'ab', unchanged: false, version }),
    withdrawDraft: async () => ({ entry: 19 }),
    startCanary: async () => CANARY,
    canary: (id) => (id === CANARY.id ? CANARY : null),
    cancelCanary: (id) => (id === CANARY.id ? { ...CANARY, state: 'cancelled' } : null),
    diffTariffs: async () => ({ from: 'a@2026-01-01', to: 'a@2027-01-01', same: true, parts: [] }),
    publish: async () => ({ entry: 16, sha256: 'ab', unchanged: false }),
    publications: async () =>
      page({
        entry: 16,
        kind: 'tariff' as const,
        name: 'town',
        effective: '2026-01-01',
        sha256: 'ab',
        by: 'operator',
        publishedAt: CHARGE.startAt,
      }),
    sources: async () => page(SOURCE),
    outputs: async () => page(OUTPUT),
    testSource: async () => ({ reachable: true, lines: ['/inbox can be read'] }),
    pauseSource: async ({ source }) => ({ ...SOURCE, name: source, state: 'paused' }),
    resumeSource: async ({ source }) => ({ ...SOURCE, name: source }),
    reloadSources: async () => ({ added: ['a'], changed: [], removed: [], underway: [], atNextStart: ['server'] }),
    rebuild: async () => ({ entries: 9, rows: 3, elapsedMs: 12 }),
    verify: async () => ({ ok: true, checks: [{ name: 'log', ok: true, detail: '' }] }),
    statements: async () => ({
      items: [{ date: STATEMENT.date, fromEntry: 1, toEntry: 9, closes: true, sha256: 'ab'.repeat(32) }],
    }),
    statement: async (date) => (date === STATEMENT.date ? STATEMENT : null),
    makeStatement: async (date) => ({ ...STATEMENT, date }),
    verifyStatements: async () => ({ ok: true, checks: [{ name: 'signature', ok: true, detail: '' }] }),
    copyLog: async ({ afterNo }) => ({
      run: afterNo < 9 ? { segment: 1, offset: 72, bytes: Buffer.from('TGL1') } : null,
      headNo: 9,
      epoch: 3,
    }),
    copyBlob: async ({ offset }) => Readable.from([Buffer.from('received').subarray(offset)]),
    copyFiles: async () => ({ items: [{ path: 'statements/2026-01-02.json', sizeBytes: 2, sha256: 'ab' }] }),
    copyFile: async () => Buffer.from('{}'),
    statementKey: async () => ({ id: 'ab', publicKey: '-----BEGIN PUBLIC KEY-----' }),
    canonicalExport: async () => Readable.from([Buffer.from('a\n'), Buffer.from('b\n')]),
    logReport: async () => ({
      firstEntry: 1,
      lastEntry: 9,
      removed: null,
      holds: [{ name: 'east', of: '', entry: 3 }],
      segments: [{ firstEntry: 1, lastEntry: 9, archived: false, storedBytes: 900, acceptedAt: null }],
      spool: { files: 1, archivedFiles: 0, storedBytes: 5 },
    }),
    archive: async () => ({
      archivedSegments: 1,
      archivedFiles: 1,
      sizeBytes: 10,
      archivedBytes: 5,
      removedSegments: 0,
      removedFiles: 0,
    }),
    intakeReason: () => null,
    position: () => ({ ledgerEntry: 40, logHead: 42 }),
    status: () => ({
      version: '0.1.0',
      ready: fake.ready,
      reasons: fake.ready ? [] : ['engine is starting'],
      uptimeMs: 5,
      semanticsNo: 1,
      logHead: 9,
      processedEntry: 9,
      inFlightEntries: 0,
      takesUsage: true,
      checkpoint: { entry: 0, entriesReadAtStart: 0 },
      archive: { lastPassAt: null, failure: null },
      stored: {
        findings: [],
        everySeconds: 60,
        checkedAt: null,
        roundMinutes: 60,
        roundStartedAt: null,
        stepsDone: 0,
        steps: 0,
        lastRoundSeconds: null,
        lastRoundAt: null,
      },
      copies: [],
      lastBackup: null,
      notices: [],
      children: [{ role: 'engine', up: true, pid: 5, restarts: 0 }],
    }),
    metricsText: async () => 'tollgrid_log_head 9\n',
    beginPreview: (wish) => Promise.resolve({ ...PREVIEW, wish }),
    preview: (previewNo) => Promise.resolve(previewNo === PREVIEW.preview ? PREVIEW : null),
    previewDifferences: () => Promise.resolve({ items: [CHARGE], next: null }),
    rerate: ({ by }) => Promise.resolve({ entry: by === 'operator' ? 43 : 44 }),
    undoRerate: ({ rerate }) => Promise.resolve({ entry: rerate + 1 }),
    rerates: () => Promise.resolve({ items: [], next: null }),
    rerateOf: () => Promise.resolve(null),
    rerateDifferences: () => Promise.resolve({ items: [], next: null }),
    shutdown: () => undefined,
  };

  fake.services = new Proxy(methods, {
    get(target, name: keyof FrontServices) {
      // Of each answer, whatever was asked.
      if (name === 'position') return target.position;
      return (...input: unknown[]) => {
        calls.push({ method: name, input: input.length > 1 ? input : input[0] });
        const error = failure;
        failure = undefined;
        if (error) throw error;
        return (target[name] as (...input: unknown[]) => unknown)(...input);
      };
    },
  });
  return fake;
}

export interface Edge extends Fake {
  app: FastifyInstance;
  inject(options: InjectOptions): Promise<LightMyRequestResponse>;
}

/** An edge on loopback port 80, which is what injected requests name. */
export function createEdge(
  options: Partial<Omit<ServerOptions, 'config'>> & { config?: Partial<ServerOptions['config']> } = {},
): Edge {
  const fake = createFake();
  const config = { ...DEFAULT_HTTP_CONFIG, port: 80, ...options.config };
  const app = createServer({ services: fake.services, ...options, config });
  return Object.assign(fake, { app, inject: (request: InjectOptions) => app.inject(request) });
}
