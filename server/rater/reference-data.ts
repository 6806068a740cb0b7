/**
 * Formats, guiding, tariffs and registry as of the last reference entry applied. Each thread holds one, and applies
 * registry changes and publications in log order, so that everything between two of them sees the same state.
 */
import { compileGuiding, type GuidingPlan } from '../../mediation/guiding/index.ts';
import { compileFormat, type CompiledFormat } from '../../mediation/formats/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { compileParts, partsOf, TariffBook, type CompiledTariff, type TariffParts } from '../../rating/index.ts';
import { Lookup } from '../../registry/index.ts';
import type { RegistryChange } from '../../registry/index.ts';
import { DEFAULT_WINDOW_MONTHS, EntryType, type Publication, type PublicationHead } from '../../schemas/log-entries.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import { readPolicy } from './policy.ts';

/** A registry or publication entry, as far as it matters here. */
export interface ReferenceEntry {
  entryNo: number;
  type: number;
  head: unknown;
  body: Uint8Array;
  /** A tariff that somebody has compiled already; the body is not looked at then. */
  parts?: TariffParts;
}

/** A tariff's parts, from its publication where nobody has made them yet. */
export function partsOfEntry({ body, parts }: ReferenceEntry): TariffParts {
  return parts ?? partsOf(JSON.parse(Buffer.from(body).toString('utf8')) as Publication);
}

export class ReferenceData {
  /** Stands in for formats that were never published; null: they are refused. */
  private readonly unknownFormat: CompiledFormat | null;
  readonly lookup = new Lookup();
  /** Compiled when first asked for: each thread holds all of them and uses one or two. */
  private readonly formats = new Map<string, { publication: Publication; compiled: CompiledFormat | null }>();
  /** `name@effective` → its newest revision. */
  private readonly tariffs = new Map<string, CompiledTariff>();
  private plan: GuidingPlan | null = null;
  private book: TariffBook | null = null;
  private bound: Int32Array | null = null;
  /** Last reference entry applied: the `registryNo` that later entries carry. */
  registryNo = 0;
  /** Window of the duplicate check, in months of event time. */
  windowMonths = DEFAULT_WINDOW_MONTHS;

  constructor(unknownFormat: CompiledFormat | null = null) {
    this.unknownFormat = unknownFormat;
  }

  apply(entry: ReferenceEntry): void {
    if (entry.type === EntryType.registry) {
      this.lookup.apply(JSON.parse(Buffer.from(entry.body).toString('utf8')) as RegistryChange[]);
      this.bound = null;
    } else if (entry.type === EntryType.publication) {
      this.publish(entry, entry.head as PublicationHead);
      this.book = null;
      this.bound = null;
    }
    this.registryNo = entry.entryNo;
  }

  private publish(entry: ReferenceEntry, head: PublicationHead): void {
    if (head.kind === 'tariff') {
      this.tariffs.set(`${head.name}@${head.effective}`, compileParts(partsOfEntry(entry), head.revision));
      return;
    }
    const publication = JSON.parse(Buffer.from(entry.body).toString('utf8')) as Publication;
    if (head.kind === 'format') this.formats.set(head.name, { publication, compiled: null });
    else if (head.kind === 'guiding') this.plan = compileGuiding(publication);
    else this.windowMonths = readPolicy(publication.document).windowMonths;
  }

  /** Error: FORMAT_UNKNOWN. */
  format(name: string): CompiledFormat {
    const published = this.formats.get(name);
    if (published !== undefined) return (published.compiled ??= compileFormat(published.publication));
    const format = this.unknownFormat;
    if (format === null) {
      throw new TollgridError('FORMAT_UNKNOWN', `No format named "${name}" has been published.`, { format: name });
    }
    return format;
  }

  hasFormat(name: string): boolean {
    return this.formats.has(name);
  }

  get hasGuiding(): boolean {
    return this.plan !== null;
  }

  get guidingPlan(): GuidingPlan {
    if (this.plan === null) throw new TollgridError('GUIDING_MISSING', 'No guiding rules have been published.');
    return this.plan;
  }

  get tariffBook(): TariffBook {
    this.book ??= TariffBook.build([...this.tariffs.values()]);
    return this.book;
  }

  /** What rules of tariffs may ask about a record and its customer. */
  factsFor(format: CompiledFormat): RatingFacts {
    return { classes: format.classes.map(({ name }) => name), customers: this.lookup };
  }

  /** What the numbers in usage columns stand for. */
  get names(): { views: readonly string[]; currencies: readonly string[] } {
    return { views: this.plan?.views ?? [], currencies: this.tariffBook.currencies };
  }

  /** The look-up's tariff numbers → the book's. */
  get binding(): Int32Array {
    this.bound ??= this.tariffBook.bind(this.lookup.tariffNames);
    return this.bound;
  }
}
