/**
 * Registry and publications as of an entry, without what was replaced by then: each object once, as it stood, and each
 * publication once. Applied to fresh reference data it gives what all entries up to there would give, so that nobody has
 * to walk over the log for them.
 */
import type { RegistryChange } from '../../registry/index.ts';
import { jsonLines, parseLines, readSections, writeSections } from '../../platform/section-file.ts';
import { EntryType, type PublicationHead } from '../../schemas/log-entries.ts';
import type { ReferenceEntry } from './reference-data.ts';

/** Of the layout. */
const VERSION = 1;
/** Objects that are given at once. */
const CHUNK = 10_000;
/** An account names its party, a subscription its account. */
const KINDS: readonly RegistryChange['kind'][] = ['party', 'account', 'subscription'];

interface Head {
  version: number;
  /** Last reference entry it holds. */
  entryNo: number;
  objects: number;
}

interface StoredPublication {
  head: PublicationHead;
  body: string;
}

/** Gathers reference entries in the order of the log. */
export class ReferenceExtract {
  /** Key → what stands under it last, at the place where the key was seen first: numbers are given in that order. */
  private readonly publications = new Map<string, StoredPublication>();
  private readonly objects = new Map(KINDS.map((kind) => [kind, new Map<string, string>()]));
  entryNo = 0;

  add({ entryNo, type, head, body }: ReferenceEntry): void {
    this.entryNo = entryNo;
    const text = Buffer.from(body).toString('utf8');
    if (type === EntryType.publication) {
      const publication = head as PublicationHead;
      const { kind, name, effective = '' } = publication;
      // There is one set of guiding rules, whatever its name.
      const key = kind === 'guiding' ? kind : `${kind}/${name}@${effective}`;
      this.publications.set(key, { head: publication, body: text });
      return;
    }
    for (const change of JSON.parse(text) as RegistryChange[]) {
      this.objects.get(change.kind)!.set(change.id, JSON.stringify(change));
    }
  }

  async write(file: string): Promise<void> {
    const counts = [...this.objects.values()].map(({ size }) => size);
    const head: Head = { version: VERSION, entryNo: this.entryNo, objects: counts.reduce((sum, one) => sum + one, 0) };
    await writeSections(file, head, {
      publications: jsonLines(this.publications.values()),
      objects: this.lines(),
    });
  }

  private lines(): Buffer[] {
    const pieces: Buffer[] = [];
    for (const objects of this.objects.values()) {
      let lines: string[] = [];
      for (const line of objects.values()) {
        if (lines.push(line, '\n') < 2 * CHUNK) continue;
        pieces.push(Buffer.from(lines.join('')));
        lines = [];
      }
      pieces.push(Buffer.from(lines.join('')));
    }
    return pieces;
  }
}

/** Entries that stand for all up to the extract's; each carries its number. Null when it is not what was written. */
export async function readExtract(
  file: string,
): Promise<{ entryNo: number; entries: Iterable<ReferenceEntry> } | null> {
  const found = await readSections<Head>(file);
  if (found === null || found.head.version !== VERSION) return null;
  const { entryNo } = found.head;
  const { publications, objects } = found.sections;
  return { entryNo, entries: entriesOf(entryNo, publications, objects) };
}

function* entriesOf(entryNo: number, publications: Buffer, objects: Buffer): Generator<ReferenceEntry> {
  for (const { head, body } of parseLines<StoredPublication>(publications)) {
    yield { entryNo, type: EntryType.publication, head, body: Buffer.from(body) };
  }
  for (let at = 0; at < objects.length;) {
    const lines: Buffer[] = [];
    while (at < objects.length && lines.length < 2 * CHUNK) {
      const end = objects.indexOf(10, at);
      lines.push(lines.length === 0 ? OPEN : COMMA, objects.subarray(at, end));
      at = end + 1;
    }
    const head = { by: '', count: lines.length / 2 };
    yield { entryNo, type: EntryType.registry, head, body: Buffer.concat([...lines, CLOSE]) };
  }
}

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');
