/** The log as it is watched: what is cheap at each look, and a segment read again whole in each round. */
import { stat } from 'node:fs/promises';
import { CHAIN_START, LogReader, listSegments, logStart, type Segment, type Spool } from '../../platform/log/index.ts';
import { FilePlaces, walkEntries } from './verify-log.ts';
import type { WatchStep } from './watch.ts';

/** What is known of a closed segment since it was first seen. */
interface Known {
  sizeBytes: number;
  changedMs: number;
  inode: number;
  /** Chain of its last entry, once it was read. */
  chain: Uint8Array | null;
}

/** So many new entries are read in one look; the rest at the next one. */
const ENTRIES_AT_ONCE = 20_000;

export class LogWatch {
  private readonly reader: LogReader;
  private readonly spool: Spool;
  private readonly headNo: () => number;
  private readonly known = new Map<number, Known>();
  private readonly places = new FilePlaces();
  /** Where the log begins: after the last retention. */
  private start = { firstNo: 1, chain: CHAIN_START };
  /** Last entry that was read when it was new, and its chain. */
  private newest: { entryNo: number; chain: Uint8Array | null } | null = null;

  constructor(logDir: string, spool: Spool, headNo: () => number) {
    this.reader = new LogReader(logDir);
    this.spool = spool;
    this.headNo = headNo;
  }

  /** Segments: none missing, none changed, each first entry follows from the last one before it. And the new entries. */
  async quick(): Promise<string[]> {
    const segments = await listSegments(this.reader.dir);
    this.start = await logStart(this.reader.dir);
    const findings = this.missing(segments);
    for (const [i, segment] of segments.slice(0, -1).entries()) {
      findings.push(...(await this.closed(segment, segments[i + 1], this.known.get(segments[i - 1]?.firstNo))));
    }
    findings.push(...(await this.newEntries(segments.at(-1))));
    return findings;
  }

  /** Retention leaves a mark of where the log begins since; any other segment that is gone is lost. */
  private missing(segments: readonly Segment[]): string[] {
    const there = new Set(segments.map(({ firstNo }) => firstNo));
    const findings: string[] = [];
    for (const firstNo of this.known.keys()) {
      if (there.has(firstNo)) continue;
      if (firstNo < this.start.firstNo) this.known.delete(firstNo);
      else findings.push(`log: the segment that starts with entry ${firstNo} is missing`);
    }
    const { firstNo } = this.start;
    if (segments.length > 0 && segments[0].firstNo !== firstNo && !this.known.has(firstNo)) {
      findings.push(`log: the segment that starts with entry ${firstNo} is missing, and no retention took it`);
    }
    return findings;
  }

  /** A closed segment never changes: when its file did it is read again at once. */
  private async closed(segment: Segment, next: Segment, before: Known | undefined): Promise<string[]> {
    const { size: sizeBytes, ctimeMs: changedMs, ino: inode } = await stat(segment.path);
    const known = this.known.get(segment.firstNo);
    if (known === undefined) {
      this.known.set(segment.firstNo, { sizeBytes, changedMs, inode, chain: null });
      return [];
    }
    if (known.sizeBytes === sizeBytes && known.changedMs === changedMs && known.inode === inode) return [];
    const findings = await this.read(segment, next, before?.chain ?? null);
    // What holds the same bytes as before was only touched.
    if (findings.length === 0) Object.assign(known, { sizeBytes, changedMs, inode });
    return findings;
  }

  private async read(segment: Segment, next: Segment, before: Uint8Array | null): Promise<string[]> {
    const chain = segment.firstNo === this.start.firstNo ? this.start.chain : before;
    // The reader may hold the file open as it was: a fresh one sees what stands there now.
    const reader = new LogReader(this.reader.dir);
    try {
      const places = new FilePlaces();
      const walked = await walkEntries({ reader, spool: this.spool, places }, segment.firstNo, next.firstNo - 1, chain);
      const findings = [...walked.damage, ...walked.content, ...walked.spool];
      const known = this.known.get(segment.firstNo);
      if (known !== undefined && walked.last?.entryNo === next.firstNo - 1) {
        if (known.chain !== null && Buffer.compare(known.chain, walked.last.chain) !== 0) {
          findings.push(`log: the segment that starts with entry ${segment.firstNo} holds other entries than before`);
        }
        known.chain ??= walked.last.chain;
      }
      return findings;
    } finally {
      await reader.close();
    }
  }

  private async newEntries(active: Segment | undefined): Promise<string[]> {
    if (active === undefined) return [];
    // Closed segments that were there at the start are read in the first round.
    this.newest ??= {
      entryNo: active.firstNo - 1,
      chain: active.firstNo === this.start.firstNo ? this.start.chain : null,
    };
    const { entryNo, chain } = this.newest;
    const to = Math.min(this.headNo(), entryNo + ENTRIES_AT_ONCE);
    if (to <= entryNo) return [];
    const parts = { reader: this.reader, spool: this.spool, places: this.places };
    const walked = await walkEntries(parts, entryNo + 1, to, chain);
    // Behind damage nothing is read: it is looked at again, and told, until it is mended.
    const findings = [...walked.damage, ...walked.content, ...walked.spool];
    if (findings.length === 0 && walked.last !== null) this.newest = walked.last;
    return findings;
  }

  async steps(): Promise<WatchStep[]> {
    const segments = await listSegments(this.reader.dir);
    return segments.map((segment, i) => ({
      subject: `log segment ${segment.firstNo}`,
      run: async () => {
        const next = segments[i + 1] ?? { firstNo: this.headNo() + 1, path: '' };
        const before = this.known.get(segments[i - 1]?.firstNo);
        return next.firstNo === segment.firstNo ? [] : this.read(segment, next, before?.chain ?? null);
      },
    }));
  }

  async close(): Promise<void> {
    await this.reader.close();
  }
}
