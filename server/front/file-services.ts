/** Files and incidents as the API tells them, and the decisions on them. Everything comes from the log's state. */
import { Type } from 'typebox';
import { TollgridError } from '../../platform/errors.ts';
import type { FileItem, IncidentItem } from '../../schemas/api/files.ts';
import { decodeCursor, encodeCursor, type FrontServices } from '../http/index.ts';
import type { FrontParts } from './front.ts';
import type { Incident } from './incidents.ts';
import type { FileFacts, LogState } from './log-state.ts';

const EntryCursor = Type.Object({ entry: Type.Integer() });
const CountCursor = Type.Object({ seen: Type.Integer() });

type FileServices = Pick<
  FrontServices,
  'files' | 'file' | 'releaseFile' | 'rejectFile' | 'incidents' | 'closeIncident'
>;

export function fileServices({ state, intake, logger }: Pick<FrontParts, 'state' | 'intake' | 'logger'>): FileServices {
  return {
    files: ({ source, state: wanted, limit, cursor }) => {
      const before = cursor === undefined ? Infinity : decodeCursor(EntryCursor, cursor).entry;
      const fits: FileItem[] = [];
      for (const file of state.files.newestFirst()) {
        if (file.fileEntry >= before || (source !== undefined && file.head.source !== source)) continue;
        if (wanted !== undefined && stateOf(file) !== wanted) continue;
        fits.push(fileItem(file));
        if (fits.length > limit) break;
      }
      const items = fits.slice(0, limit);
      const next = fits.length > limit ? encodeCursor({ entry: items.at(-1)!.entry }) : null;
      return Promise.resolve({ items, next });
    },

    file: (entry) => {
      const file = state.files.get(entry);
      return Promise.resolve(file === undefined ? null : fileItem(file));
    },

    releaseFile: async ({ file, by, reason }) => {
      const entry = await intake.releaseFile(file, by, reason);
      // What a stop interrupts here, the next start goes on with.
      intake.admitSlices(file).catch((error: unknown) => {
        logger.warn({ fileEntry: file, err: error }, 'a released file could not be admitted to its end');
      });
      return { entry };
    },

    rejectFile: async ({ file, by, reason }) => ({ entry: await intake.rejectFile(file, by, reason) }),

    incidents: ({ all, limit, cursor }) => {
      const seen = cursor === undefined ? 0 : decodeCursor(CountCursor, cursor).seen;
      const numbered = state.incidents.list().map((incident, no) => ({ incident, no }));
      const fits = numbered.filter(({ incident, no }) => no >= seen && (all || incident.closed === null));
      const shown = fits.slice(0, limit);
      const next = fits.length > limit ? encodeCursor({ seen: shown.at(-1)!.no + 1 }) : null;
      return Promise.resolve({ items: shown.map(({ incident }) => incidentItem(incident, state)), next });
    },

    closeIncident: async ({ incident: id, by, reason }) => {
      const incident = state.incidents.get(id);
      if (incident === undefined) throw new TollgridError('NOT_FOUND', `There is no incident ${id}.`);
      if (incident.closed !== null) {
        throw new TollgridError('INCIDENT_CLOSED', `The incident ${id} was closed by ${incident.closed.by}.`);
      }
      return { entry: await intake.command({ command: 'closeIncident', by, input: { incident: id, reason } }) };
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

function fileItem(file: FileFacts): FileItem {
  const { fileEntry, acceptedAtMs, head, slices, lastEntry, offset, decided } = file;
  const {
    source,
    name,
    format,
    sha256 = null,
    sizeBytes = offset,
    duplicateOf = null,
    held = null,
    check,
    packed,
  } = head;
  return {
    entry: fileEntry,
    source,
    name,
    format,
    state: stateOf(file),
    acceptedAt: iso(acceptedAtMs),
    sizeBytes,
    sha256,
    slices,
    lastEntry,
    duplicateOf,
    held,
    packed: packed === undefined ? null : { name: packed.name, sha256: packed.sha256, no: packed.no, of: packed.of },
    check: check ?? null,
    decision: decided === undefined ? null : decision(decided),
  };
}

function stateOf({ head, state, complete }: FileFacts): FileItem['state'] {
  if (head.mode === 'growing') return 'growing';
  if (state !== 'admitted') return state;
  return complete ? 'taken' : 'taking';
}

function decision({ entryNo, by, atMs, reason }: NonNullable<FileFacts['decided']>): NonNullable<FileItem['decision']> {
  return { entry: entryNo, by, at: iso(atMs), reason };
}

function incidentItem(incident: Incident, state: LogState): IncidentItem {
  const { id, kind, source, of, count, numbers, ranges, fileEntry, otherFileEntry, openedAtMs, closed } = incident;
  const file = (entry: number) => ({ entry, name: state.files.get(entry)?.head.name ?? '' });
  return {
    id,
    kind,
    source,
    of,
    count,
    numbers,
    ranges: ranges.map(([from, to]) => ({ from, to })),
    file: file(fileEntry),
    otherFile: otherFileEntry === null ? null : file(otherFileEntry),
    openedAt: iso(openedAtMs),
    closed: closed === null ? null : decision(closed),
  };
}

/** Resolves when a file of that name, received after an entry, is wholly in the log, or held. */
export async function fileTaken(state: LogState, name: string, afterEntry: number): Promise<void> {
  const taken = (): boolean => {
    for (const file of state.files.newestFirst()) {
      if (file.fileEntry <= afterEntry) return false;
      if (file.head.name === name && (file.complete || file.state !== 'admitted')) return true;
    }
    return false;
  };
  while (!taken()) await new Promise((resolve) => setTimeout(resolve, 10));
}
