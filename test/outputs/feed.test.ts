/** A feed between pages that are made up and a target that can be away. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Feed,
  PositionFile,
  type OutputEvent,
  type Page,
  type Pages,
  type Position,
  type Target,
} from '../../outputs/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { until } from '../collectors/support.ts';

/** Entry n posted n events; pages hold `size` of them, so an entry may be cut. */
class Posted implements Pages {
  upTo = 0;
  reads = 0;
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  static events(upTo: number): string[] {
    return Array.from({ length: upTo }, (_, i) => Array.from({ length: i + 1 }, (__, no) => `${i + 1}.${no}`)).flat();
  }

  after({ entry, after }: Position): Promise<Page | null> {
    this.reads++;
    const done = after === null ? (entry * (entry + 1)) / 2 : (entry * (entry - 1)) / 2 + after[1] + 1;
    const rest = Posted.events(this.upTo).slice(done);
    if (rest.length === 0) return Promise.resolve(null);
    const page = rest.slice(0, this.size);
    const [lastEntry, lastNo] = page.at(-1)!.split('.').map(Number);
    const end: Position = { entry: lastEntry, after: lastNo === lastEntry - 1 ? null : [lastEntry, lastNo, 0, 1] };
    return Promise.resolve({ events: page.map((value) => ({ key: 'a', value })), end });
  }
}

class FakeTarget implements Target {
  readonly where = 'nowhere';
  failure: string | null = null;
  readonly got: string[] = [];
  away = false;
  /** Takes so many events of a page and then fails; once. */
  breaksAfter: number | null = null;
  /** What is sent is not acknowledged before. */
  gate: Promise<void> = Promise.resolve();

  open(): Promise<void> {
    return this.away ? Promise.reject(new TollgridError('OUTPUT_UNREACHABLE', 'away')) : Promise.resolve();
  }

  async send(events: readonly OutputEvent[]): Promise<void> {
    const cut = this.breaksAfter;
    this.breaksAfter = null;
    this.got.push(...events.slice(0, cut ?? events.length).map(({ value }) => value));
    await this.gate;
    if (cut !== null) throw new TollgridError('OUTPUT_UNREACHABLE', 'broke');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-output-'));
  file = path.join(folder, 'outputs', 'lake.json');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const warnings: string[] = [];
const surroundings = { now: () => 5000, warn: (code: string) => void warnings.push(code) };

async function feedOf(pages: Pages, target: Target): Promise<Feed> {
  const feed = new Feed(target, pages, await PositionFile.open(file, 0), surroundings, 5);
  feed.start();
  return feed;
}

describe('a feed', () => {
  it('sends all in order, also entries that do not fit into a page', async () => {
    const [pages, target] = [new Posted(4), new FakeTarget()];
    pages.upTo = 5;
    const feed = await feedOf(pages, target);
    await until(() => target.got.length >= 15);
    pages.upTo = 6;
    await until(() => target.got.length >= 21);
    await feed.stop();
    expect(target.got).toEqual(Posted.events(6));
    expect(feed.status()).toEqual({ state: 'sending', detail: 'nowhere', entry: 6, sent: 21, lastSentMs: 5000 });
  });

  it('goes on where it was told that all had arrived', async () => {
    const pages = new Posted(4);
    pages.upTo = 3;
    const before = new FakeTarget();
    const first = await feedOf(pages, before);
    await until(() => first.status().entry === 3);
    await first.stop();
    pages.upTo = 4;
    const after = new FakeTarget();
    const second = await feedOf(pages, after);
    await until(() => after.got.length >= 4);
    await second.stop();
    expect([...before.got, ...after.got]).toEqual(Posted.events(4));
  });

  it('sends a page again that was not acknowledged, whatever of it arrived, and nothing is left out', async () => {
    const [pages, target] = [new Posted(4), new FakeTarget()];
    target.breaksAfter = 2;
    pages.upTo = 4;
    const feed = await feedOf(pages, target);
    await until(() => feed.status().entry === 4);
    await feed.stop();
    const all = Posted.events(4);
    expect(target.got).toEqual([...all.slice(0, 2), ...all]);
    expect(feed.status().sent).toBe(10);
    expect(warnings).toContain('OUTPUT_UNREACHABLE');
  });

  it('is not further than what was acknowledged, also on disk', async () => {
    const [pages, target] = [new Posted(100), new FakeTarget()];
    let open = (): void => undefined;
    target.gate = new Promise((resolve) => (open = resolve));
    pages.upTo = 4;
    const feed = await feedOf(pages, target);
    await until(() => target.got.length >= 10);
    expect(feed.status()).toMatchObject({ entry: 0, sent: 0 });
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ entry: 0, sent: 0 });
    open();
    await until(() => feed.status().entry === 4);
    await feed.stop();
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual({ entry: 4, after: null, sent: 10 });
  });

  it('reads nothing while its target is away, and says so', async () => {
    const [pages, target] = [new Posted(4), new FakeTarget()];
    target.away = true;
    pages.upTo = 2;
    const feed = await feedOf(pages, target);
    await until(() => feed.status().detail.includes('away'));
    expect(feed.status()).toMatchObject({ state: 'waiting', detail: 'nowhere: OUTPUT_UNREACHABLE: away', entry: 0 });
    expect(pages.reads).toBe(0);
    target.away = false;
    await until(() => target.got.length >= 3);
    await feed.stop();
    expect(target.got).toEqual(Posted.events(2));
  });

  it('does not begin anew when its position cannot be read', async () => {
    fs.mkdirSync(path.dirname(file));
    for (const text of ['', '{}', '{"entry":-1,"after":null,"sent":0}', '{"entry":1,"after":[1],"sent":0}']) {
      fs.writeFileSync(file, text);
      await expect(PositionFile.open(file, 0)).rejects.toMatchObject({ code: 'OUTPUT_POSITION_DAMAGED' });
    }
  });
});
