/**
 * Formats, guiding, tariffs and registry as of the last reference entry applied. Each thread holds one, and applies
 * registry changes and publications in log order, so that everything between two of them sees the same state.
 */
import { compileGuiding, type GuidingPlan } from '../../mediation/guiding/index.ts';
import { compileFormat, type CompiledFormat } from '../../mediation/formats/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { compileTariff, TariffBook, type CompiledTariff } from '../../rating/index.ts';
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
}

export class ReferenceData {
  /** Stands in for formats that were never published; null: they are refused. */
  private readonly unknownFormat: CompiledFormat | null;
  readonly lookup = new Lookup();
  /** Compiled when first asked for: each thread holds all of them and uses one or two. */
  private readonly formats = new Map<string, { publication: Publication; compiled: CompiledFormat | null }>();
  /** `name@effective` → compiled version; a later publication of the same key replaces it. */
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
      const head = entry.head as PublicationHead;
      const publication = JSON.parse(Buffer.from(entry.body).toString('utf8')) as Publication;
      if (head.kind === 'format') this.formats.set(head.name, { publication, compiled: null });
      else if (head.kind === 'guiding') this.plan = compileGuiding(publication);
      else if (head.kind === 'policy') this.windowMonths = readPolicy(publication.document).windowMonths;
      else this.tariffs.set(`${head.name}@${head.effective}`, compileTariff(publication));
      this.book = null;
      this.bound = null;
    }
    this.registryNo = entry.entryNo;
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
