/** Where simulated devices send to: as named, otherwise what the running Tollgrid listens on. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { readSecret } from '../../platform/secret-file.ts';
import { readRegistryFile } from '../../registry/index.ts';
import type { Page } from '../../schemas/api/common.ts';
import type { SourceItem } from '../../schemas/api/sources.ts';
import {
  FileClient,
  LineClient,
  MeterMqttClient,
  PushClient,
  RadiusClient,
  subjectsOf,
  type Clients,
  type Subjects,
} from '../../simulator/index.ts';
import { connect, findFront, readable, type Api } from '../client.ts';
import type { Endpoint, SimulateOptions } from './options.ts';

const FILE_EVERY_MS = 5_000;

export interface Tollgrid {
  api: Api;
  /** API key or the operator's token. */
  key: string | undefined;
}

/** Error: FRONT_UNREACHABLE when none runs. */
export function findTollgrid(config: Config, { url, keyFile }: SimulateOptions): Tollgrid {
  const named = keyFile === undefined ? undefined : readable(keyFile, () => readFileSync(keyFile, 'utf8').trim());
  if (url !== undefined) return { api: connect(url, named), key: named };
  const front = findFront(config.dataDir);
  if (front === null) {
    throw new TollgridError('FRONT_UNREACHABLE', `No Tollgrid runs on ${config.dataDir}: start one first.`);
  }
  const key = named ?? front.token;
  return { api: connect(front.url, key), key };
}

/** Who is known, from the registry files of the configuration. Error: ARGUMENTS_INVALID when there is nobody. */
export async function knownSubjects({ definitions }: Config): Promise<Subjects> {
  const objects = await Promise.all(
    definitions.registry.map((file) =>
      readRegistryFile(
        readable(file, () => readFileSync(file, 'utf8')),
        file,
      ),
    ),
  );
  const subjects = subjectsOf(objects.flat());
  if (subjects.accounts.size > 0) return subjects;
  throw new TollgridError(
    'ARGUMENTS_INVALID',
    'the registry files of this configuration (definitions.registry) name no number, login or meter',
  );
}

/** A client per kind of event; a kind is left out when nothing listens for it. */
export async function openClients(
  { api, key }: Tollgrid,
  config: Config,
  options: SimulateOptions,
  run: string,
): Promise<Clients> {
  const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 100 });
  const clients: Clients = {};
  const lines = options.lines ?? listeningOf(items, 'tcp')?.at;
  if (options.folder !== undefined) clients.call = new FileClient(options.folder, `SIM-${run}`, FILE_EVERY_MS);
  else if (lines !== undefined) clients.call = new LineClient(lines.host, lines.port);
  const radius = radiusOf(items, config, options);
  if (radius !== null) clients.session = new RadiusClient(radius);
  clients.reading =
    options.mqtt === undefined
      ? new PushClient({ url: api.url, source: options.source, key })
      : await MeterMqttClient.open(options.mqtt);
  return clients;
}

function radiusOf(
  items: readonly SourceItem[],
  config: Config,
  { radius, secretFile }: SimulateOptions,
): (Endpoint & { secret: Uint8Array }) | null {
  const listening = listeningOf(items, 'radius');
  const at = radius ?? listening?.at;
  if (at === undefined) return null;
  const source = config.sources.find(({ name }) => name === listening?.name);
  const configured = source?.radius?.clients[0];
  const made = listening === undefined ? undefined : path.join(config.dataDir, 'secrets', listening.name);
  const file = secretFile ?? configured?.secretFile ?? made;
  const secret = readSecret(file, secretFile === undefined ? configured?.secretEnv : undefined);
  if (secret === undefined) throw new TollgridError('ARGUMENTS_INVALID', '--radius needs --secret-file');
  return { ...at, secret };
}

function listeningOf(items: readonly SourceItem[], kind: string): { name: string; at: Endpoint } | undefined {
  for (const { name, kind: own, state, detail } of items) {
    const found = own === kind && state === 'taking' ? /listens on (\S+):(\d+)/.exec(detail ?? '') : null;
    if (found === null) continue;
    const host = /^(0\.0\.0\.0|::|\[::\])$/.test(found[1]) ? '127.0.0.1' : found[1].replace(/^\[|\]$/g, '');
    return { name, at: { host, port: Number(found[2]) } };
  }
  return undefined;
}
