/**
 * The state of stage B on disk, for a checkpoint: written per thread, read by any number of threads, because
 * a thread picks the shards it owns.
 *
 *   duplicates-<thread>.bin   [table u32 | words u32 | slots] ...
 *   series-<thread>.ndjson    one register chain a line
 *   sessions-<thread>.ndjson  hour of the last look for silent ones, then one session a line
 *   occurrences-<thread>.json counts of open files without unique keys
 *   window-<thread>.json      first month inside the duplicates window
 *   identities-*.ids          identities that left memory: links to files that never change
 */
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { shardOf } from '../../mediation/duplicates/index.ts';
import { IDENTITY_FILE_SUFFIX, type IdentityFiles } from './identity-files.ts';
import type { Series } from '../../mediation/readings/index.ts';
import type { Session } from '../../mediation/sessions/index.ts';
import { shardOfServer } from './session-stage.ts';
import { meterHash, seriesShard, type Ownership, type ShardState } from './stage-b.ts';

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += fs.writeSync(file, bytes, at, bytes.length - at);
}

export function dumpShards(state: ShardState, older: IdentityFiles, folder: string, thread: number): void {
  const write = (name: string, fill: (file: number) => void): void => {
    const file = fs.openSync(path.join(folder, name), 'w');
    try {
      fill(file);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  };
  write(`duplicates-${thread}.bin`, (file) => {
    for (const { table, slots } of state.duplicates.dump()) {
      writeAll(file, new Uint8Array(Uint32Array.of(table, slots.length).buffer));
      writeAll(file, new Uint8Array(slots.buffer, slots.byteOffset, slots.byteLength));
    }
  });
  write(`series-${thread}.ndjson`, (file) => {
    for (const series of state.registers.dump()) writeAll(file, Buffer.from(`${JSON.stringify(series)}\n`));
  });
  write(`sessions-${thread}.ndjson`, (file) => {
    writeAll(file, Buffer.from(`${state.sessions.swept}\n`));
    for (const session of state.sessions.dump()) writeAll(file, Buffer.from(`${JSON.stringify(session)}\n`));
  });
  write(`occurrences-${thread}.json`, (file) => {
    writeAll(file, Buffer.from(JSON.stringify(state.duplicates.dumpOccurrences())));
  });
  write(`window-${thread}.json`, (file) => writeAll(file, Buffer.from(`${state.duplicates.windowStart}`)));
  older.dump(folder);
}

export async function loadShards(
  state: ShardState,
  older: IdentityFiles,
  folder: string,
  owner: Ownership,
): Promise<void> {
  const owns = (shard: number): boolean => shard % owner.threads === owner.thread;
  const names = fs.readdirSync(folder).sort();
  older.load(names.filter((name) => name.endsWith(IDENTITY_FILE_SUFFIX)).map((name) => path.join(folder, name)));
  for (const name of names) {
    const filePath = path.join(folder, name);
    if (name.startsWith('window-')) state.duplicates.startWindowAt(Number(fs.readFileSync(filePath, 'utf8')));
    else if (name.startsWith('duplicates-')) loadDuplicates(state, filePath, owns);
    else if (name.startsWith('series-')) await loadSeries(state, filePath, owns);
    else if (name.startsWith('sessions-')) await loadSessions(state, filePath, owns);
    else if (name.startsWith('occurrences-')) {
      const files = JSON.parse(fs.readFileSync(filePath, 'utf8')) as [number, [string, number][]][];
      // A count that another thread goes on with would come back from here as it is now.
      state.duplicates.loadOccurrences(
        files.map(([fileNo, counts]) => [fileNo, counts.filter(([key]) => owns(shardOf(Number.parseInt(key, 10))))]),
      );
    }
  }
}

function loadDuplicates(state: ShardState, filePath: string, owns: (shard: number) => boolean): void {
  const file = fs.openSync(filePath, 'r');
  try {
    const { size } = fs.fstatSync(file);
    const head = new Uint32Array(2);
    let at = 0;
    while (at < size) {
      at += readExactly(file, new Uint8Array(head.buffer), at);
      const slots = new Uint32Array(head[1]);
      at += readExactly(file, new Uint8Array(slots.buffer), at);
      state.duplicates.load(head[0], slots, owns);
    }
  } finally {
    fs.closeSync(file);
  }
}

function readExactly(file: number, target: Uint8Array, at: number): number {
  let read = 0;
  while (read < target.length) {
    const count = fs.readSync(file, target, read, target.length - read, at + read);
    if (count === 0) throw new Error('checkpoint file ends early');
    read += count;
  }
  return read;
}

async function loadSessions(state: ShardState, filePath: string, owns: (shard: number) => boolean): Promise<void> {
  for await (const line of readline.createInterface({ input: fs.createReadStream(filePath) })) {
    const read = JSON.parse(line) as Session | number;
    if (typeof read === 'number') state.sessions.sweptAt(read);
    else if (owns(shardOfServer(read.nas))) state.sessions.load(read);
  }
}

async function loadSeries(state: ShardState, filePath: string, owns: (shard: number) => boolean): Promise<void> {
  for await (const line of readline.createInterface({ input: fs.createReadStream(filePath) })) {
    const series = JSON.parse(line) as Series;
    const register = Buffer.from(series.register);
    if (owns(seriesShard(meterHash(Buffer.from(series.meter)), register, 0, register.length)))
      state.registers.load(series);
  }
}
