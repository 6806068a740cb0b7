/** Ways in as the API tells them: what runs, and what the ledger counted of each. */
import { auditBySource } from '../../ledger/index.ts';
import { loadConfig, type Config } from '../../platform/config.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { SourceItem } from '../../schemas/api/sources.ts';
import type { FrontServices } from '../http/index.ts';
import { isDeepStrictEqual } from 'node:util';
import type { FrontParts } from './front.ts';
import type { SourceStatus } from './sources.ts';

type SourceServices = Pick<FrontServices, 'sources' | 'testSource' | 'pauseSource' | 'resumeSource' | 'reloadSources'>;

export function sourceServices(front: FrontParts): SourceServices {
  const { state, children } = front;

  const itemsOf = async (): Promise<SourceItem[]> => {
    const counts = new Map((await auditBySource(children.ledger)).map((row) => [row.source, row]));
    const running = new Map(front.sources.list().map((source) => [source.config.name, source]));
    const names = new Set([...running.keys(), ...counts.keys(), ...state.lastAcceptedMs.keys()]);
    return [...names].sort().map((name) => ({
      name,
      ...facts(running.get(name)),
      received: Number(counts.get(name)?.received ?? 0),
      suspended: Number(counts.get(name)?.suspended ?? 0),
      lastAcceptedAt: moment(state.lastAcceptedMs.get(name)),
    }));
  };
  const item = async (name: string): Promise<SourceItem> => (await itemsOf()).find((one) => one.name === name)!;

  return {
    sources: async () => ({ items: await itemsOf(), next: null }),

    testSource: async (name) => {
      try {
        return { reachable: true, lines: await front.sources.test(name) };
      } catch (error) {
        const { code, message } = toTollgridError(error);
        if (code === 'SOURCE_UNKNOWN') throw error;
        return { reachable: false, lines: [`${code}: ${message}`] };
      }
    },

    pauseSource: async ({ source, by }) => {
      await front.sources.pause(source, by);
      return item(source);
    },

    resumeSource: async ({ source }) => {
      await front.sources.resume(source);
      return item(source);
    },

    reloadSources: async () => {
      const config = loadConfig({ ...(front.config.file !== null && { path: front.config.file }), env: process.env });
      front.checkSources(config.sources);
      return { ...(await front.sources.reload(config.sources)), atNextStart: otherChanges(front.config, config) };
    },
  };
}

/** Sections besides the sources that are not as they were at the start. */
function otherChanges(before: Config, now: Config): string[] {
  const sections = Object.keys(now) as (keyof Config)[];
  return sections.filter((section) => section !== 'sources' && !isDeepStrictEqual(before[section], now[section]));
}

const NO_FILES = { count: 0, first: [] };

function facts(
  source: SourceStatus | undefined,
): Omit<SourceItem, 'name' | 'received' | 'suspended' | 'lastAcceptedAt'> {
  if (source === undefined) {
    const refusedFiles = NO_FILES;
    const nothing = {
      refusedFiles,
      detail: null,
      refused: 0,
      refusedFor: {},
      connections: 0,
      waitingFiles: 0,
      lag: null,
      lastSeenAt: null,
    };
    return { kind: 'pushed', format: '', state: 'open', ...nothing };
  }
  const { config, state, detail, refused: refusals, connections, waitingFiles, lastSeenMs } = source;
  const { refusedFiles = NO_FILES, lag = null } = source;
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0);
  const refusedFor = Object.fromEntries(Object.entries(refusals).filter(([, count]) => count > 0));
  const kind = config.kind === 'files' ? `files (${config.mode})` : config.kind;
  return {
    ...{ kind, format: config.format, state, detail, refused, refusedFor, connections, waitingFiles, lag },
    refusedFiles: { count: refusedFiles.count, first: [...refusedFiles.first] },
    lastSeenAt: moment(lastSeenMs),
  };
}

function moment(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}
