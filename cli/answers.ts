/** Things several commands do with the API's answers. */
import { TollgridError } from '../platform/errors.ts';
import type { Page } from '../schemas/api/common.ts';
import type { ProcessedAnswer } from '../schemas/api/operation.ts';
import type { Api, Query } from './client.ts';
import type { Context } from './command.ts';

const PAGE = 1000;

/** All items of a list, page by page, up to `limit`. */
export async function* items<T>(api: Api, route: string, query: Query, limit: number): AsyncGenerator<T> {
  let left = limit;
  let cursor: string | undefined;
  while (left > 0) {
    const page: Page<T> = await api.get(route, { ...query, limit: Math.min(left, PAGE), cursor });
    yield* page.items;
    left -= page.items.length;
    if (page.next === null || page.items.length === 0) return;
    cursor = page.next;
  }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

/** Returns when the entry's effect is in the ledger. `onWait` hears how far it is about every second. */
export async function untilProcessed(
  api: Api,
  entry: number,
  timeoutMs: number,
  onWait: (answer: ProcessedAnswer) => void = () => {},
): Promise<void> {
  const started = performance.now();
  for (;;) {
    const leftMs = timeoutMs - (performance.now() - started);
    const answer: ProcessedAnswer = await api.get(`/v1/entries/${entry}/processed`, {
      timeoutMs: Math.max(0, Math.min(1000, Math.floor(leftMs))),
    });
    if (answer.processed) return;
    onWait(answer);
    if (leftMs <= 0) {
      throw new TollgridError('WAIT_TIMED_OUT', `entry ${entry} is not in the ledger yet`, { entry, ...answer });
    }
  }
}

/** A list of exactly `limit` rows was cut, as a rule: say how to see the rest. */
export function noteLimit({ io }: Context, rows: readonly unknown[], limit: number): void {
  if (rows.length === limit) io.note(`The first ${limit} are shown; --limit shows more.`);
}

/** Prints the value with `--json`, the lines otherwise. */
export function show(context: Context, value: unknown, lines: () => readonly string[]): void {
  if (context.json) context.io.out(JSON.stringify(value));
  else for (const line of lines()) context.io.out(line);
}
