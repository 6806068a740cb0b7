/** All commands, in the order in which help shows them. */
import type { AnyCommand, CommandGroup } from '../command.ts';
import { benchDuplicates, benchPipeline, benchPublish, benchRating, benchSafety } from '../bench/index.ts';
import { generate } from '../generate/index.ts';
import { simulate } from '../simulate/index.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { charges } from './charges.ts';
import { config } from './config.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { exportCommand } from './export.ts';
import { files } from './files.ts';
import { follow } from './follow.ts';
import { format } from './format.ts';
import { guiding } from './guiding.ts';
import { incidents } from './incidents.ts';
import { ingest } from './ingest.ts';
import { log } from './log.ts';
import { migrate } from './migrate.ts';
import { kafka } from './kafka.ts';
import { output } from './output.ts';
import { rate } from './rate.ts';
import { rebuild } from './rebuild.ts';
import { registry } from './registry.ts';
import { rerate } from './rerate.ts';
import { restore } from './restore.ts';
import { sessions } from './sessions.ts';
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
  sessions,
  explain,
  settle,
  rerate,
  audit,
  verify,
  rebuild,
  exportCommand,
  backup,
  restore,
  follow,
  log,
  migrate,
  suspense,
  source,
  output,
  kafka,
  files,
  incidents,
  registry,
  tariff,
  format,
  guiding,
  config,
  generate,
  simulate,
  {
    name: 'bench',
    summary: 'Measure this machine',
    commands: [benchPipeline, benchPublish, benchRating, benchDuplicates, benchSafety],
  },
  doctor,
];
