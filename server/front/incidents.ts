/**
 * Numbers that are missing between the files of a source, and numbers that came twice with other content. A fold over
 * the log: it opens incidents, closes a gap when what was missing arrives, and closes what a command says.
 */
import type { FileNumbersHead } from '../../schemas/log-entries.ts';
import { countIn, gapsIn, joinRuns, meet, type Run, type Runs } from './number-runs.ts';

const RANGES_SHOWN = 20;
/** Files whose numbers are compared with those of a new one: the last so many of a count. */
const FILES_MAX = 1000;
/** Counts of a source that are followed: where each day has its own, the last so many days. */
const STREAMS_MAX = 1000;
const CLOSED_MAX = 10_000;

interface StreamDump {
  key: string;
  runs: [number, number][];
  unreadable: number;
  first: number | undefined;
  gap: string | null;
  files: { fileEntry: number; runs: Runs }[];
}

export interface IncidentsDump {
  streams: StreamDump[];
  all: Incident[];
}

export interface Incident {
  /** Entry that opened it, and which of that entry's it is: `entry.number`. */
  id: string;
  kind: 'gap' | 'repeat';
  source: string;
  of: 'records' | 'files';
  /** Which count of the source: values of the file's header, or a day. */
  count: string;
  /** File that showed it, and the one that holds the numbers it repeats. */
  fileEntry: number;
  otherFileEntry: number | null;
  openedAtMs: number;
  /** Missing or repeated, as [from, to]: the first of them. */
  ranges: [number, number][];
  numbers: number;
  closed: { entryNo: number; atMs: number; by: string; reason: string } | null;
}

/** Where a thing happened in the log. */
export interface Place {
  entryNo: number;
  acceptedAtMs: number;
}

export const ARRIVED = 'arrival';

class Stream {
  runs: [number, number][] = [];
  /** Records whose number could not be read: so many may be missing. */
  unreadable = 0;
  first: number | undefined;
  gap: Incident | null = null;
  /** What each file has of it. */
  files: { fileEntry: number; runs: Runs }[] = [];

  get gaps(): [number, number][] {
    return gapsIn(this.runs, this.first);
  }
}

export class Incidents {
  private readonly streams = new Map<string, Stream>();
  private readonly all = new Map<string, Incident>();

  get(id: string): Incident | undefined {
    return this.all.get(id);
  }

  /** In the order in which they were opened. */
  list(): Incident[] {
    return [...this.all.values()];
  }

  /** A file with these numbers is admitted. */
  admit(place: Place, source: string, fileEntry: number, heads: readonly FileNumbersHead[]): void {
    let opened = 0;
    const open = (head: FileNumbersHead, facts: Pick<Incident, 'kind' | 'otherFileEntry' | 'ranges' | 'numbers'>) => {
      const { of, count } = head;
      const id = `${place.entryNo}.${opened++}`;
      const incident: Incident = {
        id,
        source,
        of,
        count,
        fileEntry,
        openedAtMs: place.acceptedAtMs,
        closed: null,
        ...facts,
      };
      this.all.set(id, incident);
      return incident;
    };
    for (const head of heads) {
      const stream = this.streamOf(source, head);
      const runs = unrolled(head, stream.runs.at(-1)?.[1]);
      stream.files.push({ fileEntry, runs });
      if (stream.files.length > FILES_MAX) stream.files.shift();
      stream.runs = joinRuns(stream.runs, runs);
      stream.unreadable += head.unreadable;
      stream.first = head.last === undefined ? head.first : undefined;
      this.followGap(place, stream, (gap) => open(head, { kind: 'gap', otherFileEntry: null, ...gap }));
      for (const { total, numbers, fileEntry: other = null } of head.repeats ?? []) {
        const ranges = joinRuns(
          numbers.map((number): Run => [number, number]),
          [],
        );
        open(head, { kind: 'repeat', otherFileEntry: other, ranges, numbers: total });
      }
    }
  }

  private followGap(
    { entryNo, acceptedAtMs }: Place,
    stream: Stream,
    open: (gap: Pick<Incident, 'ranges' | 'numbers'>) => Incident,
  ): void {
    const { gaps } = stream;
    const numbers = countIn(gaps);
    const gap = { ranges: gaps.slice(0, RANGES_SHOWN), numbers };
    if (numbers <= stream.unreadable) {
      if (stream.gap !== null) {
        stream.gap.closed = { entryNo, atMs: acceptedAtMs, by: ARRIVED, reason: '' };
        stream.gap = null;
      }
    } else if (stream.gap === null) stream.gap = open(gap);
    else Object.assign(stream.gap, gap);
  }

  /** Somebody knows why. What was missing is not missed any more. */
  close({ entryNo, acceptedAtMs }: Place, id: string, by: string, reason: string): void {
    const incident = this.all.get(id);
    if (incident === undefined || incident.closed !== null) return;
    incident.closed = { entryNo, atMs: acceptedAtMs, by, reason };
    this.forgetOldest();
    const stream = this.streams.get(streamKey(incident.source, incident));
    if (stream?.gap !== incident) return;
    stream.runs = joinRuns(stream.runs, stream.gaps);
    stream.gap = null;
  }

  /** Files admitted before that have some of these numbers. */
  filesWith(source: string, head: FileNumbersHead): number[] {
    const stream = this.streams.get(streamKey(source, head));
    if (stream === undefined) return [];
    const runs = unrolled(head, stream.runs.at(-1)?.[1]);
    return stream.files.filter((file) => meet(file.runs, runs)).map(({ fileEntry }) => fileEntry);
  }

  private streamOf(source: string, head: FileNumbersHead): Stream {
    const key = streamKey(source, head);
    const stream = this.streams.get(key) ?? new Stream();
    this.streams.set(key, stream);
    if (this.streams.size > STREAMS_MAX) this.forgetStreams(source, head.of);
    return stream;
  }

  private forgetStreams(source: string, of: string): void {
    const same = [...this.streams.keys()].filter((key) => key.startsWith(streamKey(source, { of, count: '' })));
    for (const key of same.slice(0, Math.max(0, same.length - STREAMS_MAX))) this.streams.delete(key);
  }

  private forgetOldest(): void {
    if (this.all.size <= CLOSED_MAX) return;
    for (const [id, { closed }] of this.all) {
      if (closed === null) continue;
      this.all.delete(id);
      return;
    }
  }

  dump(): IncidentsDump {
    const streams = [...this.streams].map(([key, { runs, unreadable, first, gap, files }]): StreamDump => {
      return { key, runs, unreadable, first, gap: gap?.id ?? null, files };
    });
    return { streams, all: this.list() };
  }

  load({ streams, all }: IncidentsDump): void {
    for (const incident of all) this.all.set(incident.id, incident);
    for (const { key, gap, ...facts } of streams) {
      const stream = Object.assign(new Stream(), facts);
      stream.gap = gap === null ? null : (this.all.get(gap) ?? null);
      this.streams.set(key, stream);
    }
  }
}

function streamKey(source: string, { of, count }: { of: string; count: string }): string {
  return `${source}\u0000${of}\u0000${count}`;
}

/** Numbers of a count that begins anew after `last`, in the round that is nearest to where the source is. */
function unrolled({ runs, first = 1, last }: FileNumbersHead, latest: number | undefined): [number, number][] {
  const round = last === undefined ? 0 : last - first + 1;
  const at = (number: number): number =>
    round === 0 || latest === undefined ? number : number + round * Math.round((latest - number) / round);
  return joinRuns(
    runs.flatMap(([from, to]): Run[] => {
      const start = at(from);
      return [[start, start + to - from]];
    }),
    [],
  );
}
