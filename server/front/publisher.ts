/** Publishes formats, guiding rules and tariffs: checked, their tests run, everything they name put beside them, logged. */
import { createHash } from 'node:crypto';
import { compileFormat, prepareFormat, testFormat } from '../../mediation/formats/index.ts';
import { compileGuiding, prepareGuiding } from '../../mediation/guiding/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { compileTariff, prepareTariff, requirePassing, testPublication } from '../../rating/index.ts';
import { EntryType, type Publication, type PublicationHead, type PublicationKind } from '../../schemas/log-entries.ts';
import { readPolicy } from '../rater/index.ts';
import type { Intake } from './intake.ts';
import { publicationKey, type LogState } from './log-state.ts';

export interface PublishInput {
  kind: PublicationKind;
  document: string;
  /** File name, for messages. */
  fileName: string;
  readSideFile: (name: string) => string;
  by: string;
  note?: string | undefined;
}

export interface Published {
  entryNo: number;
  sha256: string;
  unchanged: boolean;
  name: string;
}

export class Publisher {
  private readonly intake: Intake;
  private readonly state: LogState;
  /** Applies the publication to the front's own reference data; the rater reads it from the log. */
  private readonly apply: (entryNo: number, head: PublicationHead, body: Uint8Array) => void;

  constructor(
    intake: Intake,
    state: LogState,
    apply: (entryNo: number, head: PublicationHead, body: Uint8Array) => void,
  ) {
    this.intake = intake;
    this.state = state;
    this.apply = apply;
  }

  async publish(input: PublishInput): Promise<Published> {
    const { publication, name, effective } = prepare(input);
    const body = Buffer.from(JSON.stringify(publication));
    const sha256 = createHash('sha256').update(body).digest('hex');
    const head: PublicationHead = {
      kind: input.kind,
      name,
      ...(effective !== undefined && { effective }),
      sha256,
      by: input.by,
      ...(input.note !== undefined && { note: input.note }),
    };
    const earlier = this.state.publications.get(publicationKey(head));
    if (earlier?.head.sha256 === sha256) return { entryNo: earlier.entryNo, sha256, unchanged: true, name };
    const { entryNo } = await this.intake.append(EntryType.publication, head, body);
    this.apply(entryNo, head, body);
    return { entryNo, sha256, unchanged: false, name };
  }
}

function prepare(input: PublishInput): { publication: Publication; name: string; effective?: string } {
  const { document, fileName, readSideFile } = input;
  switch (input.kind) {
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
    case 'tariff': {
      const publication = prepareTariff(document, readSideFile, fileName);
      requirePassing(testPublication(publication));
      const { name, version } = compileTariff(publication);
      return { publication, name, effective: version.slice(name.length + 1) };
    }
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

/** Side files that came with a request, by their relative names. */
export function sideFiles(files: Readonly<Record<string, string>>): (name: string) => string {
  return (name) => {
    if (!Object.hasOwn(files, name)) {
      throw new TollgridError(
        'SIDE_FILE_MISSING',
        `The document names the file "${name}", which was not sent with it.`,
        {
          file: name,
        },
      );
    }
    return files[name];
  };
}
