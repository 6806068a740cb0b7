/** Publishes formats, guiding rules and tariffs: checked, their tests run, everything they name put beside them, logged. */
import { createHash } from 'node:crypto';
import { compileFormat, prepareFormat, testFormat } from '../../mediation/formats/index.ts';
import { compileGuiding, prepareGuiding } from '../../mediation/guiding/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { TariffParts } from '../../rating/index.ts';
import { EntryType, type Publication, type PublicationHead, type PublicationKind } from '../../schemas/log-entries.ts';
import { readPolicy } from '../rater/index.ts';
import type { Intake } from './intake.ts';
import { publicationKey, type LogState } from './log-state.ts';

export interface PublishInput {
  kind: Exclude<PublicationKind, 'tariff'>;
  document: string;
  /** File name, for messages. */
  fileName: string;
  by: string;
  note?: string | undefined;
}

export interface Published {
  entryNo: number;
  sha256: string;
  unchanged: boolean;
  name: string;
}

/** Applies a publication to the front's own reference data; the rater reads it from the log. */
export type ApplyPublication = (entryNo: number, head: PublicationHead, body: Uint8Array, parts?: TariffParts) => void;

export class Publisher {
  private readonly intake: Intake;
  private readonly state: LogState;
  private readonly apply: ApplyPublication;

  constructor(intake: Intake, state: LogState, apply: ApplyPublication) {
    this.intake = intake;
    this.state = state;
    this.apply = apply;
  }

  async publish(input: PublishInput): Promise<Published> {
    const { publication, name } = prepare(input);
    const body = Buffer.from(JSON.stringify(publication));
    const sha256 = createHash('sha256').update(body).digest('hex');
    const { kind, by, note } = input;
    const head: PublicationHead = { kind, name, sha256, by, ...(note !== undefined && { note }) };
    const earlier = this.state.publications.get(publicationKey(head));
    if (earlier?.head.sha256 === sha256) return { entryNo: earlier.entryNo, sha256, unchanged: true, name };
    const { entryNo } = await this.intake.append(EntryType.publication, head, body);
    this.apply(entryNo, head, body);
    return { entryNo, sha256, unchanged: false, name };
  }
}

function prepare({ kind, document, fileName }: PublishInput): { publication: Publication; name: string } {
  switch (kind) {
    case 'format': {
      const publication = prepareFormat(document, fileName);
      requirePassingFormat(testFormat(document, fileName), fileName);
      return { publication, name: compileFormat(publication).name };
    }
    case 'guiding': {
      const publication = prepareGuiding(document, fileName);
      return { publication, name: compileGuiding(publication).name };
    }
    case 'policy':
      return {
        publication: { document, data: { zones: {}, codePages: {}, files: {} } },
        name: readPolicy(document).policy,
      };
  }
}

function requirePassingFormat(results: ReturnType<typeof testFormat>, fileName: string): void {
  const failed = results.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  const shown = failed.map(({ name, differences }) => `${name}: ${differences.join('; ')}`).join('\n');
  throw new TollgridError(
    'FORMAT_TEST_FAILED',
    `${fileName}: ${failed.length} of ${results.length} tests do not hold:\n${shown}`,
  );
}
