/** Every code a user can meet, in one table. docs/errors.md is generated from it; a test holds both together. */
import { platformErrors } from './errors/platform.ts';
import { mediationErrors } from './errors/mediation.ts';
import { ratingErrors } from './errors/rating.ts';
import { ledgerErrors } from './errors/ledger.ts';
import { registryErrors } from './errors/registry.ts';
import { serverErrors } from './errors/server.ts';
import { commandErrors } from './errors/commands.ts';
import { copyErrors } from './errors/copy.ts';
import { fileErrors } from './errors/files.ts';
import { kafkaErrors } from './errors/kafka.ts';
import { outputErrors } from './errors/outputs.ts';

export interface ErrorEntry {
  /** What happened, in one sentence. */
  cause: string;
  /** What the user does about it. */
  cure: string;
  /** Metric (or audit column) that moves when it happens. */
  counter: string;
  /** HTTP status when an API call meets it. */
  http: number;
  /** Exit code of the command that meets it: 1 failed, 2 wrong input or configuration, 3 not available. */
  exit: number;
}

export const ERRORS = {
  ...platformErrors,
  ...mediationErrors,
  ...ratingErrors,
  ...ledgerErrors,
  ...registryErrors,
  ...serverErrors,
  ...commandErrors,
  ...copyErrors,
  ...fileErrors,
  ...kafkaErrors,
  ...outputErrors,
} satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
