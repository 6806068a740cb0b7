/**
 * What a machine must have for so many subscribers, computed from what was measured (RESULTS.md). Prints the table of
 * deploy/README.md.
 *
 *   node --import tsx load-tests/sizing.ts
 */
import { pathToFileURL } from 'node:url';

interface Measured {
  value: number;
  /** Stands in RESULTS.md, word for word. */
  where: string;
}

/** Processor time in microseconds, sizes in bytes. */
export const MEASURED = {
  fileRecordMicros: { value: 2.9, where: '2.5 to 2.9 µs now' },
  packetMicros: { value: 204, where: '| 1,500 a second, `niceLevel: 19` for rater and engine      | 1,500' },
  messageMicros: { value: 28, where: '28 us of the front' },
  filesPerSecond: { value: 720_993, where: '720,993 records/s' },
  packetsPerSecond: { value: 20_634, where: '20,000 requests, 256 waiting                              | 20,634' },
  messagesPerSecond: { value: 9_942, where: '9,942 a second' },
  ratedMicros: { value: 2.2, where: 'engine 0.7 µs, rating threads 1.5 µs' },
  callBytes: { value: 196, where: '2 million calls of 196 bytes' },
  ledgerBytes: { value: 79, where: '79 bytes a record in the ledger' },
  identityDiskBytes: { value: 20, where: '92.3 million on disk in 12 files (1.86 GB)' },
  identitiesTried: { value: 100e6, where: 'Duplicates at 100 million' },
  recordsTried: { value: 10e6, where: '10 million calls' },
} as const satisfies Record<string, Measured>;

/** Of `duplicates.memoryBytesMax`: what an identity whose month lies on disk takes in memory. */
export const IDENTITY_MEMORY_BYTES = 2.2;

export interface Profile {
  name: string;
  /** Records of a subscriber in a day: an assumption, count your own. */
  perDay: number;
  microsPerRecord: number;
  bytesPerRecord: number;
  /** What one Tollgrid took at most, on two cores. */
  perSecondMax: number;
}

const { fileRecordMicros, packetMicros, messageMicros, ratedMicros, callBytes } = MEASURED;
const { filesPerSecond, packetsPerSecond, messagesPerSecond } = MEASURED;

export const PROFILES: readonly Profile[] = [
  {
    name: 'calls in files',
    perDay: 10,
    microsPerRecord: fileRecordMicros.value,
    bytesPerRecord: callBytes.value,
    perSecondMax: filesPerSecond.value,
  },
  {
    name: 'meters over MQTT, hourly',
    perDay: 24,
    microsPerRecord: messageMicros.value + ratedMicros.value,
    bytesPerRecord: 100,
    perSecondMax: messagesPerSecond.value,
  },
  {
    name: 'RADIUS, every 10 minutes',
    perDay: 144,
    microsPerRecord: packetMicros.value + ratedMicros.value,
    bytesPerRecord: 250,
    perSecondMax: packetsPerSecond.value,
  },
];

/** Assumptions that no measurement can give. */
export const ASSUMED = {
  /** Share of a day's records in its busiest hour. */
  busyHour: 0.1,
  /** Of the processors, in that hour. */
  utilisation: 0.5,
  /** For audits, queries, reading everything again, merges. */
  extraCores: 1,
  /** How long usage is known again, and kept. */
  windowMonths: 3,
  keptMonths: 13,
} as const;

const DAYS_PER_MONTH = 30.4;
const BASE_MEMORY_BYTES = 2 * 2 ** 30;

export interface Size {
  recordsPerDay: number;
  peakPerSecond: number;
  /** Tollgrids side by side, each with customers and sources of its own: one does not spread over machines. */
  tollgrids: number;
  /** Of all of them together. */
  cores: number;
  diskBytes: number;
  memoryBytes: number;
  /** Nothing like it was ever tried: multiplied, not measured. */
  paper: boolean;
}

export function sizeOf(profile: Profile, subscribers: number): Size {
  const { perDay, microsPerRecord, bytesPerRecord, perSecondMax } = profile;
  const { busyHour, utilisation, extraCores, windowMonths, keptMonths } = ASSUMED;
  const recordsPerDay = subscribers * perDay;
  const peakPerSecond = (recordsPerDay * busyHour) / 3600;
  const tollgrids = Math.ceil(peakPerSecond / (perSecondMax * utilisation));
  const identities = recordsPerDay * windowMonths * DAYS_PER_MONTH;
  const kept = recordsPerDay * keptMonths * DAYS_PER_MONTH * (bytesPerRecord + MEASURED.ledgerBytes.value);
  return {
    recordsPerDay,
    peakPerSecond,
    tollgrids,
    cores: Math.max(2 * tollgrids, Math.ceil((peakPerSecond * microsPerRecord) / 1e6 / utilisation) + extraCores),
    diskBytes: kept + identities * MEASURED.identityDiskBytes.value,
    memoryBytes: BASE_MEMORY_BYTES * tollgrids + identities * IDENTITY_MEMORY_BYTES,
    paper: identities > MEASURED.identitiesTried.value || recordsPerDay > MEASURED.recordsTried.value,
  };
}

const SUBSCRIBERS = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function gibibytes(bytes: number): string {
  const size = bytes / 2 ** 30;
  return size >= 1024 ? `${(size / 1024).toFixed(1)} TiB` : `${whole.format(Math.ceil(size))} GiB`;
}

export function sizingTable(): string[] {
  const rows = PROFILES.flatMap((profile) =>
    SUBSCRIBERS.map((subscribers) => {
      const { recordsPerDay, peakPerSecond, tollgrids, cores, diskBytes, memoryBytes, paper } = sizeOf(
        profile,
        subscribers,
      );
      const cells = [
        profile.name,
        whole.format(subscribers),
        whole.format(recordsPerDay),
        whole.format(Math.ceil(peakPerSecond)),
        whole.format(tollgrids),
        whole.format(cores),
        gibibytes(memoryBytes),
        gibibytes(diskBytes),
        paper ? 'paper' : 'tried',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  const head = [
    'usage',
    'subscribers',
    'records a day',
    'at the peak, /s',
    'Tollgrids',
    'cores',
    'memory',
    'disk',
    'figures',
  ];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(sizingTable().join('\n'));
