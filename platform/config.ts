/** tollgrid.yaml with the environment on top: one value, filled in and checked, or all mistakes together. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { ConfigValues } from '../schemas/config.ts';
import { outputMistakes } from './config/outputs.ts';
import { secretMistakes } from './config/secrets.ts';
import { sourceMistakes } from './config/sources.ts';
import { fill, type Mistake } from './config/check.ts';
import {
  CONFIG_PATH_VARIABLE,
  environmentName,
  listKeys,
  PREFIX,
  rootSchema,
  SECRETS,
  type Key,
} from './config/keys.ts';
import { TollgridError } from './errors.ts';
import { nearest } from './nearest.ts';

export { configExample, configJsonSchema, configReference } from './config/reference.ts';
export type {
  FtpConfig,
  MqttConfig,
  OutputConfig,
  RadiusConfig,
  SftpConfig,
  SourceConfig,
  TcpConfig,
} from '../schemas/config.ts';

export interface Config extends ConfigValues {
  /** The file that was read; null when there is none and everything is a default. */
  file: string | null;
  secrets: { readonly [Name in keyof typeof SECRETS]?: string };
}

export interface ConfigSourceOptions {
  /** Otherwise `TOLLGRID_CONFIG`, otherwise `tollgrid.yaml` in the working directory if there is one. */
  path?: string;
  env: Readonly<Record<string, string | undefined>>;
  workingDir?: string;
}

/** A mistake with its place: `tollgrid.yaml:12` or the name of a variable. */
export interface PlacedMistake {
  where: string;
  key: string;
  message: string;
}

interface Source {
  file: string | null;
  dir: string;
  /** Line of a key, or of the nearest key around it. */
  lineOf: (path: readonly (string | number)[]) => number;
  values: Record<string, unknown>;
}

/** Error: CONFIG_INVALID with `details.mistakes`, a list of PlacedMistake. */
export function loadConfig({ path: given, env, workingDir = process.cwd() }: ConfigSourceOptions): Config {
  const source = readSource(given ?? env[CONFIG_PATH_VARIABLE], workingDir);
  const fromEnvironment = new Map<string, string>();
  const mistakes = applyEnvironment(source.values, env, fromEnvironment);
  const found: Mistake[] = [];
  const config = fill(rootSchema, source.values, [], found, (one) => path.resolve(source.dir, one)) as Config;
  mistakes.push(
    ...[...found, ...(found.length === 0 ? checkTogether(config) : [])].map(({ path: at, message }) => ({
      where: fromEnvironment.get(at.join('.')) ?? placeOf(source, at),
      key: at.join('.'),
      message,
    })),
  );
  if (mistakes.length === 0) {
    config.file = source.file;
    config.secrets = readSecrets(config, env, mistakes, (at) => placeOf(source, at));
  }
  if (mistakes.length > 0) throw invalid(mistakes);
  return config;
}

function invalid(mistakes: PlacedMistake[]): TollgridError {
  const lines = mistakes.map(({ where, key, message }) => `  ${where}: ${key && `${key} `}${message}`);
  const count = mistakes.length === 1 ? 'one mistake' : `${mistakes.length} mistakes`;
  return new TollgridError('CONFIG_INVALID', `the configuration has ${count}:\n${lines.join('\n')}`, { mistakes });
}

function placeOf(source: Source, at: readonly (string | number)[]): string {
  return source.file === null ? 'configuration' : `${path.basename(source.file)}:${source.lineOf(at)}`;
}

function readSource(given: string | undefined, workingDir: string): Source {
  const file = path.resolve(workingDir, given ?? 'tollgrid.yaml');
  if (given === undefined && !existsSync(file)) {
    return { file: null, dir: workingDir, lineOf: () => 1, values: {} };
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid([{ where: file, key: '', message: `cannot be read: ${(error as Error).message}` }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const name = path.basename(file);
    throw invalid(
      document.errors.map(({ pos, message }) => ({ where: `${name}:${lines.linePos(pos[0]).line}`, key: '', message })),
    );
  }
  const values = (document.toJS() ?? {}) as Record<string, unknown>;
  const lineOf = (at: readonly (string | number)[]) => lines.linePos(offsetOf(document, at)).line;
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw invalid([{ where: path.basename(file), key: '', message: 'must hold keys and values' }]);
  }
  return { file, dir: path.dirname(file), lineOf, values };
}

/** Where in the text a key stands; of a missing one, the innermost key around it. */
function offsetOf(document: Document, at: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of at) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      offset = (isScalar(pair.key) && pair.key.range?.[0]) || offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[step as number];
      offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}

/** Puts variables over the file's values; `from` notes which key came from which variable. */
function applyEnvironment(
  values: Record<string, unknown>,
  env: ConfigSourceOptions['env'],
  from: Map<string, string>,
): PlacedMistake[] {
  const keys = new Map(
    listKeys()
      .filter(({ schema }) => schema.type !== 'array')
      .map((key) => [environmentName(key.path), key]),
  );
  const others = [CONFIG_PATH_VARIABLE, ...Object.values(SECRETS).map(({ environment }) => environment)];
  const mistakes: PlacedMistake[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || text === undefined || others.includes(name)) continue;
    const key = keys.get(name);
    if (key !== undefined) {
      setIn(values, key.path, parseText(key, text));
      from.set(key.path.join('.'), name);
    } else {
      // Other programs may have TOLLGRID_ variables of their own; a slip in one of these must not pass unseen.
      const known = [...keys.keys(), ...others].map((one) => one.slice(PREFIX.length));
      const meant = nearest(name.slice(PREFIX.length), known);
      const message = `is no setting; did you mean ${PREFIX}${meant}?`;
      if (meant !== undefined) mistakes.push({ where: name, key: '', message });
    }
  }
  return mistakes;
}

function parseText({ schema }: Key, text: string): unknown {
  if (schema.type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (schema.type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function setIn(values: Record<string, unknown>, at: readonly string[], value: unknown): void {
  const [name, ...rest] = at;
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  const inner = values[name] ?? {};
  // A section of the wrong kind stays as it is, and is reported as such.
  if (typeof inner !== 'object' || Array.isArray(inner)) return;
  values[name] = inner;
  setIn(inner as Record<string, unknown>, rest, value);
}

/** Rules about more than one key. */
function checkTogether(config: ConfigValues): Mistake[] {
  const mistakes: Mistake[] = [
    ...sourceMistakes(config.sources),
    ...outputMistakes(config.outputs),
    ...secretMistakes(config.sources, ['sources']),
    ...secretMistakes(config.outputs, ['outputs']),
  ];
  if (config.ledger.url !== undefined) {
    const wrong = (message: string) => mistakes.push({ path: ['ledger', 'url'], message });
    if (!URL.canParse(config.ledger.url)) wrong('is no URL');
    else if (/\/\/[^/]*@/.test(config.ledger.url)) wrong('must not hold a password: use `user` and `passwordFile`');
  }
  if (config.registry.url !== undefined && !URL.canParse(config.registry.url)) {
    mistakes.push({ path: ['registry', 'url'], message: 'is no URL' });
  }
  return mistakes;
}

function readSecrets(
  config: ConfigValues,
  env: ConfigSourceOptions['env'],
  mistakes: PlacedMistake[],
  place: (at: string[]) => string,
): Config['secrets'] {
  const read = ({ environment, section, fileKey }: (typeof SECRETS)[keyof typeof SECRETS]): string | undefined => {
    const given = env[environment];
    const file = (config[section] as Record<string, unknown>)[fileKey] as string | undefined;
    if (given !== undefined || file === undefined) return given;
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const at = [section, fileKey];
      mistakes.push({ where: place(at), key: at.join('.'), message: `cannot be read: ${(error as Error).message}` });
      return undefined;
    }
  };
  const secrets: { -readonly [Name in keyof typeof SECRETS]?: string } = {};
  for (const name of Object.keys(SECRETS) as (keyof typeof SECRETS)[]) {
    const secret = read(SECRETS[name])?.trim();
    if (secret !== undefined) secrets[name] = secret;
  }
  return secrets;
}
