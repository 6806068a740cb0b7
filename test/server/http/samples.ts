/** What the stand-in answers: one of each thing the API speaks of. */
import type { AccountDetail } from '../../../schemas/api/accounts.ts';
import type { CanaryState } from '../../../schemas/api/canaries.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { OutputItem } from '../../../schemas/api/outputs.ts';
import type { FileItem, IncidentItem } from '../../../schemas/api/files.ts';
import type { ReratePreview } from '../../../schemas/api/rerates.ts';
import type { Statement } from '../../../schemas/api/statements.ts';
import type { TariffItem } from '../../../schemas/api/tariffs.ts';

export const SOURCE = {
  name: 'town',
  kind: 'files',
  format: 'exchange',
  state: 'taking',
  detail: 'watches /inbox',
  received: 5,
  suspended: 1,
  refused: 0,
  refusedFor: {},
  refusedFiles: { count: 0, first: [] },
  connections: 0,
  waitingFiles: 0,
  lag: null,
  lastSeenAt: null,
  lastAcceptedAt: null,
};

export const OUTPUT: OutputItem = {
  name: 'lake',
  kind: 'kafka',
  state: 'sending',
  detail: 'kafka-1:9092, topic charges',
  entry: 7,
  lagEntries: 2,
  sent: 5,
  lastSentAt: '2026-01-02T10:01:06.000Z',
};

export const CHARGE: ChargeItem = {
  id: '7.3.0',
  postedEntry: 7,
  sign: 1,
  kind: 'record',
  account: 'A-1',
  subscription: 'S-1',
  view: 'retail',
  service: 'voice',
  startAt: '2026-01-02T10:00:00.000Z',
  endAt: '2026-01-02T10:01:05.000Z',
  identity: '00112233445566778899aabbccddeeff',
  quantity: 65_000,
  quantityUp: 0,
  unit: 'ms',
  party: '38164000001',
  otherParty: '38111000002',
  zone: 'local',
  band: 'day',
  tariff: 'town@2026-01-01',
  component: '',
  billed: 120_000,
  currency: 'RSD',
  amount: '4.000000',
  tax: '0.800000',
  servicePeriod: '2026-01',
  postingPeriod: '2026-01',
  corrects: null,
};

export const PREVIEW: ReratePreview = {
  preview: 3,
  wish: { from: '2026-01', to: '2026-02' },
  state: 'running',
  asOfEntry: null,
  progress: { phase: 'pricing', done: 10, total: 100 },
  figures: null,
  failure: null,
};

export const FILE: FileItem = {
  entry: 5,
  source: 'town',
  name: 'calls.txt',
  format: 'exchange',
  state: 'held',
  acceptedAt: '2026-01-02T10:00:00.000Z',
  sizeBytes: 100,
  sha256: 'ab',
  slices: 0,
  lastEntry: 5,
  duplicateOf: null,
  packed: null,
  held: { code: 'FILE_TOTALS_DIFFER', detail: 'its trailer says 2 records, and there are 1' },
  check: { rows: 3, records: 1, unreadable: 0, quantity: 60_000, declared: { records: 2, quantity: 60_000 } },
  decision: null,
};

export const INCIDENT: IncidentItem = {
  id: '5.0',
  kind: 'gap',
  source: 'town',
  of: 'records',
  count: 'UZH-1 2026-01-02',
  numbers: 2,
  ranges: [{ from: 3, to: 4 }],
  file: { entry: 5, name: 'calls.txt' },
  otherFile: null,
  openedAt: '2026-01-02T10:00:00.000Z',
  closed: null,
};

export const STATEMENT: Statement = {
  statement: 1,
  date: '2026-01-02',
  madeAt: '2026-01-03T00:01:00.000Z',
  program: '0.1.0',
  semanticsNo: 1,
  fromEntry: 1,
  toEntry: 9,
  chain: '00'.repeat(16),
  previous: null,
  closes: true,
  records: [],
  sums: [],
  key: 'ab',
  signature: 'c2ln',
};

export function account(id: string, division: string): AccountDetail {
  const party = { id: `P-${id}`, name: 'Somebody' };
  return { id, no: 1, party, currency: 'RSD', timeZone: 'Europe/Belgrade', division, subscriptions: [] };
}

export const TARIFF: TariffItem = {
  ...{ entry: 16, kind: 'publication', state: 'published', version: 'town@2026-01-01', name: 'town' },
  ...{ effective: '2026-01-01', revision: 1, sha256: 'ab', by: 'operator', person: 'O. Petrenko', note: 'prices' },
  ...{ at: '2026-01-01T00:00:00Z', endedBy: null, draft: null },
};

export const CANARY: CanaryState = {
  ...{ id: '00000000-0000-4000-8000-000000000001', state: 'running', report: null, failure: null },
  progress: { phase: 'rating', done: 1, of: 2 },
};
