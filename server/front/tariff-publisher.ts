/**
 * The life of a tariff: draft, publication, correction. A version is a name and an effective date. Nothing that is
 * published is ever edited: other content under the same version is refused, or becomes a revision beside it when a
 * correction is asked for. Entries before it keep the revision that their pins say.
 */
import { TollgridError } from '../../platform/errors.ts';
import { requirePassing, sameContent } from '../../rating/index.ts';
import { EntryType, type DraftHead, type Publication, type PublicationHead } from '../../schemas/log-entries.ts';
import type { Intake } from './intake.ts';
import type { LogState } from './log-state.ts';
import type { ApplyPublication } from './publisher.ts';
import { versionKey, type TariffFacts } from './tariff-history.ts';
import type { PreparedTariff, TariffWorkInput, TariffWorkshop } from './workshop/work.ts';
import { Turns } from './turns.ts';

export interface TariffPublisherParts {
  intake: Intake;
  state: LogState;
  workshop: TariffWorkshop;
  apply: ApplyPublication;
  /** Body of its entry. Error: LOG_ENTRY_RETIRED. */
  bodyOf(facts: TariffFacts): Promise<Uint8Array>;
  /** Puts a compiled tariff where the rater finds it. */
  handOver(prepared: PreparedTariff): Promise<void>;
}

/** Who does it: the key, and the person behind it. */
export interface Signature {
  by: string;
  person?: string | undefined;
  note?: string | undefined;
}

export interface PublishedTariff {
  entryNo: number;
  name: string;
  effective: string;
  revision: number;
  sha256: string;
  /** The same content was published already. */
  unchanged: boolean;
}

export interface KeptDraft {
  entryNo: number;
  name: string;
  effective: string;
  sha256: string;
  unchanged: boolean;
  tests: PreparedTariff['tests'];
}

export interface TariffFileInput {
  document: string;
  /** For messages. */
  fileName: string;
  /** Side files by the names that the document gives them. */
  files: Readonly<Record<string, string>>;
}

/** `start` publishes what stands in the configured folders, and nobody signs that. */
export const START: Signature = { by: 'start' };

export class TariffPublisher {
  private readonly parts: TariffPublisherParts;
  private readonly turns = new Turns();

  constructor(parts: TariffPublisherParts) {
    this.parts = parts;
  }

  /** Errors: TARIFF_INVALID, TARIFF_TEST_FAILED, TARIFF_UNSIGNED, TARIFF_PUBLISHED, TARIFF_CORRECTS_NOTHING. */
  async publish(file: TariffFileInput, signature: Signature, correct = false): Promise<PublishedTariff> {
    requireSigned(signature);
    return this.publishPrepared(await this.prepare(file), signature, correct);
  }

  /** The draft as it was kept. Errors: TARIFF_UNKNOWN, and those of `publish`. */
  async publishDraft(version: string, signature: Signature, correct = false): Promise<PublishedTariff> {
    requireSigned(signature);
    const draft = this.draftOf(version);
    const prepared = await this.prepare({ body: await this.parts.bodyOf(draft) });
    return this.publishPrepared(prepared, signature, correct, draft);
  }

  private prepare(input: TariffWorkInput): Promise<PreparedTariff> {
    return this.parts.workshop.prepare(input);
  }

  private publishPrepared(
    prepared: PreparedTariff,
    signature: Signature,
    correct: boolean,
    draft?: TariffFacts,
  ): Promise<PublishedTariff> {
    requirePassing(prepared.tests);
    const { name, effective, sha256, body } = prepared;
    const version = versionKey(prepared);
    return this.turns.take(version, async () => {
      const standing = this.parts.state.tariffs.published(version);
      if (standing !== undefined && (await this.holdsSame(standing, prepared))) {
        const { entryNo, revision } = standing;
        return { entryNo, name, effective, revision: revision!, sha256: standing.sha256, unchanged: true };
      }
      const revision = nextRevision(version, standing, correct);
      const head: PublicationHead = {
        kind: 'tariff',
        ...{ name, effective, sha256 },
        ...(revision > 1 && { revision }),
        ...signed(signature),
        ...(draft !== undefined && { draft: draft.entryNo }),
      };
      await this.parts.handOver(prepared);
      const { entryNo } = await this.parts.intake.append(EntryType.publication, head, body);
      this.parts.apply(entryNo, head, body, prepared.parts);
      return { entryNo, name, effective, revision, sha256, unchanged: false };
    });
  }

  /** Errors: TARIFF_INVALID. Tests that do not hold are told: a draft may wait for them. */
  async draft(file: TariffFileInput, signature: Signature): Promise<KeptDraft> {
    const prepared = await this.prepare(file);
    const { name, effective, sha256, tests, body } = prepared;
    return this.turns.take(versionKey(prepared), async () => {
      const waiting = this.parts.state.tariffs.draft(versionKey(prepared));
      if (waiting !== undefined && (await this.holdsSame(waiting, prepared))) {
        return { entryNo: waiting.entryNo, name, effective, sha256: waiting.sha256, unchanged: true, tests };
      }
      const head: DraftHead = { name, effective, sha256, ...signed(signature) };
      const { entryNo } = await this.parts.intake.append(EntryType.draft, head, body);
      return { entryNo, name, effective, sha256, unchanged: false, tests };
    });
  }

  /** Error: TARIFF_UNKNOWN. Returns the entry of the command. */
  withdraw(version: string, { by, person, note }: Signature): Promise<number> {
    return this.turns.take(version, () => {
      const draft = this.draftOf(version);
      const input = {
        draft: draft.entryNo,
        ...(person !== undefined && { person }),
        ...(note !== undefined && { note }),
      };
      return this.parts.intake.command({ command: 'withdrawDraft', by, input });
    });
  }

  /** The content is what stands under a published version: nothing has to be prepared to know that. */
  async isPublished(version: string, file: TariffFileInput): Promise<boolean> {
    const standing = this.parts.state.tariffs.published(version);
    if (standing === undefined) return false;
    const { document, files } = file;
    return sameContent(await this.publicationOf(standing), { document, data: { zones: {}, codePages: {}, files } });
  }

  /** What an entry of the history holds: a publication as JSON. */
  bodyOf(facts: TariffFacts): Promise<Uint8Array> {
    return this.parts.bodyOf(facts);
  }

  async publicationOf(facts: TariffFacts): Promise<Publication> {
    return JSON.parse(Buffer.from(await this.bodyOf(facts)).toString('utf8')) as Publication;
  }

  private async holdsSame(earlier: TariffFacts, { sha256, body }: PreparedTariff): Promise<boolean> {
    if (earlier.sha256 === sha256) return true;
    const made = JSON.parse(Buffer.from(body).toString('utf8')) as Publication;
    return sameContent(await this.publicationOf(earlier), made);
  }

  private draftOf(version: string): TariffFacts {
    const draft = this.parts.state.tariffs.draft(version);
    if (draft !== undefined) return draft;
    throw new TollgridError('TARIFF_UNKNOWN', `No draft waits under ${version}.`, { version });
  }
}

function nextRevision(version: string, standing: TariffFacts | undefined, correct: boolean): number {
  if (standing === undefined) {
    if (!correct) return 1;
    throw new TollgridError('TARIFF_CORRECTS_NOTHING', `${version} was never published.`, { version });
  }
  const { entryNo, revision } = standing;
  if (correct) return revision! + 1;
  throw new TollgridError(
    'TARIFF_PUBLISHED',
    `${version} was published by entry ${entryNo} with other content, and is not edited.`,
    { version, entry: entryNo, revision },
  );
}

function requireSigned(signature: Signature): void {
  if (signature === START) return;
  const { person, note } = signature;
  const missing = [...(isText(person) ? [] : ['a person']), ...(isText(note) ? [] : ['a note'])];
  if (missing.length === 0) return;
  throw new TollgridError('TARIFF_UNSIGNED', `Publishing a tariff needs ${missing.join(' and ')}.`, { missing });
}

function isText(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

function signed({ by, person, note }: Signature): { by: string; person?: string; note?: string } {
  return { by, ...(person !== undefined && { person }), ...(note !== undefined && { note }) };
}
