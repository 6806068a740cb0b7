/** What the roles of a front do not do, and need. */
import type { Config } from '../../platform/config.ts';
import { clearPasswords } from '../../platform/config/clear-passwords.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Notice } from '../../schemas/api/operation.ts';
import { EntryType, type CommandHead, type EntryTypeNo, type PublicationHead } from '../../schemas/log-entries.ts';
import type { Role } from './front-types.ts';

/**
 * The configuration as that role takes it. `temporary`: for one command.
 * Errors: ROLE_NEEDS_SERVERS, ROLE_NOT_RUNNING.
 */
export function ofRole(config: Config, role: Role, temporary = false): Config {
  if (temporary && config.log.kafka !== undefined) {
    throw new TollgridError('ROLE_NOT_RUNNING', `No Tollgrid runs on ${config.dataDir}, whose log is on Kafka.`);
  }
  if (role === 'all') return config;
  const { log, ledger } = config;
  const isComplete = role === 'collector' ? log.kafka?.collector !== undefined : ledger.url !== undefined;
  if (log.kafka === undefined || !isComplete) throw needsServers(role);
  if (role !== 'collector') return config;
  // It cuts files by formats; tariffs and customers are the API's.
  const { formats } = config.definitions;
  return { ...config, definitions: { formats, tariffs: [], registry: [] }, outputs: [] };
}

export function needsServers(role: Role): TollgridError {
  const needed = role === 'collector' ? '`log.kafka` with `log.kafka.collector`' : '`log.kafka` and `ledger.url`';
  return new TollgridError('ROLE_NEEDS_SERVERS', `The role "${role}" needs ${needed} in the configuration.`, { role });
}

/** What was asked for by name and is less than it could be. */
export function logNotices({ log: { kafka } }: Config): Notice[] {
  if (kafka === undefined) return [];
  const oneCopy =
    'The brokers keep one copy of the log (`log.kafka.replicas`): what they acknowledge is lost with a disk.';
  return [
    ...(kafka.replicas > 1 ? [] : [new TollgridError('LOG_ONE_COPY', oneCopy)]),
    ...clearPasswords({ kafka }).map((message) => new TollgridError('PASSWORD_IN_CLEAR', `log.kafka: ${message}`)),
  ].map(({ code, message, cure }) => ({ code, message, cure }));
}

export function otherRole(): TollgridError {
  return new TollgridError('ROLE_OTHER', 'A collector takes usage; this is for the process with `--role api`.');
}

/** Only what arrives, what it is cut by, and what is decided about held files is for a collector's order. */
export function refuseAtCollector(type: EntryTypeNo, head: object): void {
  const isTaken =
    type === EntryType.file ||
    type === EntryType.slice ||
    type === EntryType.batch ||
    (type === EntryType.publication && ['format', 'policy'].includes((head as PublicationHead).kind)) ||
    (type === EntryType.command && ['releaseFile', 'rejectFile'].includes((head as CommandHead).command));
  if (!isTaken) throw otherRole();
}
