/** All commands, in the order in which help shows them. */
import type { AnyCommand, CommandGroup } from '../command.ts';
import { benchPipeline, benchPublish, benchRating } from '../bench/index.ts';
import { generate } from '../generate/index.ts';
import { audit } from './audit.ts';
import { charges } from './charges.ts';
import { config } from './config.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { exportCommand } from './export.ts';
import { files } from './files.ts';
import { format } from './format.ts';
import { guiding } from './guiding.ts';
import { incidents } from './incidents.ts';
import { ingest } from './ingest.ts';
import { rate } from './rate.ts';
import { rebuild } from './rebuild.ts';
import { registry } from './registry.ts';
import { settle } from './settle.ts';
import { source } from './source.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { suspense } from './suspense.ts';
import { tariff } from './tariff.ts';
import { verify } from './verify.ts';

export const COMMANDS: readonly (AnyCommand | CommandGroup)[] = [
  start,
  status,
  ingest,
  rate,
  charges,
  explain,
  settle,
  audit,
  verify,
  rebuild,
  exportCommand,
  suspense,
  source,
  files,
  incidents,
  registry,
  tariff,
  format,
  guiding,
  config,
  generate,
  { name: 'bench', summary: 'Measure this machine', commands: [benchPipeline, benchPublish, benchRating] },
  doctor,
];
