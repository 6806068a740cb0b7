import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import type { LogEntry } from '../../../platform/log/index.ts';

const made: string[] = [];

/** A fresh folder that is removed after the test. */
export function temporaryDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'tollgrid-test-'));
  made.push(dir);
  return dir;
}

afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

export const pins = { acceptedAtMs: 1_790_000_000_123, registryNo: 7, semanticsNo: 1 };

export async function collect(
  entries: AsyncIterable<LogEntry>,
): Promise<{ no: number; head: unknown; body: string }[]> {
  const all = [];
  for await (const entry of entries) {
    all.push({ no: entry.entryNo, head: entry.head, body: Buffer.from(await entry.body()).toString() });
  }
  return all;
}
