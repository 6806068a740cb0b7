import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  configExample,
  configJsonSchema,
  configReference,
  loadConfig,
  type PlacedMistake,
} from '../../platform/config.ts';
import type { TollgridError } from '../../platform/errors.ts';
import { temporaryDir } from './log/helpers.ts';

function fileWith(text: string): string {
  const file = path.join(temporaryDir(), 'tollgrid.yaml');
  writeFileSync(file, text);
  return file;
}

function mistakesOf(text: string, env: Record<string, string> = {}): string[] {
  try {
    loadConfig({ path: fileWith(text), env });
  } catch (error) {
    const { code, details } = error as TollgridError;
    expect(code).toBe('CONFIG_INVALID');
    return (details['mistakes'] as PlacedMistake[]).map(({ where, key, message }) => `${where} ${key} ${message}`);
  }
  return [];
}

describe('the configuration', () => {
  it('is all defaults without a file', () => {
    const workingDir = temporaryDir();
    const config = loadConfig({ env: {}, workingDir });
    expect(config).toMatchObject({
      file: null,
      dataDir: path.join(workingDir, 'data'),
      server: { host: '127.0.0.1', port: 8400, bodyBytesMax: 16 * 2 ** 20 },
      engine: { memoryBytesMax: 700 * 2 ** 20, niceLevel: 10 },
      rater: { threads: 1, sliceBytesMax: 16 * 2 ** 20, slicesAheadMax: 6, niceLevel: 10, writeRowsMax: 300_000 },
      duplicates: { windowMonths: 13 },
      log: { segmentBytesMax: 128 * 2 ** 20, groupWaitMs: 1 },
      definitions: { formats: [], tariffs: [], registry: [] },
      sources: [],
      logging: { level: 'info' },
      secrets: {},
    });
    expect(config.ledger).not.toHaveProperty('url');
  });

  it('takes paths from the folder of its file, and defaults for each source', () => {
    const file = fileWith(
      'dataDir: ../d\ndefinitions:\n  formats: [f, /abs]\n  guiding: g.yaml\nsources:\n  - { name: a, format: x, directory: in }\n',
    );
    const dir = path.dirname(file);
    const config = loadConfig({ path: 'tollgrid.yaml', env: {}, workingDir: dir });
    expect(config.file).toBe(file);
    expect(config.dataDir).toBe(path.resolve(dir, '../d'));
    expect(config.definitions).toMatchObject({
      formats: [path.join(dir, 'f'), '/abs'],
      guiding: path.join(dir, 'g.yaml'),
    });
    expect(config.sources).toEqual([
      {
        name: 'a',
        kind: 'files',
        format: 'x',
        directory: path.join(dir, 'in'),
        pattern: '*',
        mode: 'closed',
        pollMs: 1000,
        quietMs: 60_000,
        complete: 'quiet',
        markerSuffix: '.done',
        fileBytesMax: 4 * 1024 ** 3,
        paused: false,
        waitingBytesMax: 16 * 1024 * 1024,
      },
    ]);
  });

  it('is overruled by the environment', () => {
    const path_ = fileWith('server: { port: 1 }\n');
    const env = {
      TOLLGRID_SERVER_PORT: '9',
      TOLLGRID_METRICS_ENABLED: 'false',
      TOLLGRID_LOGGING_LEVEL: 'debug',
      TOLLGRID_CONFIG: path_,
    };
    const config = loadConfig({ env });
    expect([config.server.port, config.metrics.enabled, config.logging.level]).toEqual([9, false, 'debug']);
  });

  it('reports all mistakes together, each with its line and what was meant', () => {
    const text = [
      'dataDir: 7',
      'server:',
      '  prot: 80',
      '  port: 70000',
      'ratter: {}',
      'rater:',
      '  threads: two',
      'logging: { level: loud }',
      'metrics: on',
      'ledger:',
      '  url: ftp://x',
      '  password: secret',
      'definitions:',
      '  formats: folder',
      'sources:',
      '  - name: Bad Name',
      '    mode: open',
      '    directory: in',
    ].join('\n');
    expect(
      mistakesOf(text, { TOLLGRID_SERVER_BODY_BYTES_MAX: '1k', TOLLGRID_RATER_THREAD: '2', TOLLGRID_OTHER: 'x' }),
    ).toEqual([
      'TOLLGRID_RATER_THREAD  is no setting; did you mean TOLLGRID_RATER_THREADS?',
      'tollgrid.yaml:5 ratter is no key here; did you mean `rater`?',
      'tollgrid.yaml:1 dataDir must be text',
      'tollgrid.yaml:3 server.prot is no key here; did you mean `port`?',
      'tollgrid.yaml:4 server.port must be from 0 to 65535',
      'TOLLGRID_SERVER_BODY_BYTES_MAX server.bodyBytesMax must be a whole number',
      'tollgrid.yaml:12 ledger.password is a secret: use `passwordFile`, or the environment',
      'tollgrid.yaml:11 ledger.url must match ^https?://',
      'tollgrid.yaml:7 rater.threads must be a whole number',
      'tollgrid.yaml:14 definitions.formats must be a list',
      'tollgrid.yaml:16 sources.0.name must match ^[a-z0-9][a-z0-9_-]{0,62}$',
      'tollgrid.yaml:16 sources.0.format is missing',
      'tollgrid.yaml:17 sources.0.mode must be one of closed, growing',
      'tollgrid.yaml:8 logging.level must be one of fatal, error, warn, info, debug, trace, silent',
      'tollgrid.yaml:9 metrics has keys of its own, not a value',
    ]);
  });

  it('reports broken YAML, a doubled key and a file that is not there', () => {
    expect(mistakesOf('server:\n  port: 1\n  port: 2\n')).toEqual([expect.stringMatching(/^tollgrid.yaml:3 .*unique/)]);
    expect(mistakesOf('a: [1\nb: 2\n').length).toBeGreaterThan(0);
    expect(mistakesOf('- 1\n')).toEqual(['tollgrid.yaml  must hold keys and values']);
    expect(() => loadConfig({ path: '/nowhere/t.yaml', env: {} })).toThrow(/nowhere\/t\.yaml: cannot be read/);
  });

  it('reports what is wrong only together', () => {
    const source = '{ name: a, format: x, directory: in }';
    expect(mistakesOf(`sources:\n  - ${source}\n  - ${source}\n`)).toEqual([
      'tollgrid.yaml:3 sources.1.name is used twice: a',
    ]);
    expect(mistakesOf('ledger: { url: "http://me:pw@host" }')[0]).toContain('must not hold a password');
  });

  it('lets a client without a secret file be on this machine only', () => {
    const source = (address: string) =>
      `sources: [{ name: a, kind: radius, format: radius, radius: { clients: [{ address: ${address} }] } }]\n`;
    for (const here of ['127.0.0.1', '127.0.0.1/32', "'::1'"]) expect(mistakesOf(source(here)), here).toEqual([]);
    for (const there of ['10.0.0.1', '127.0.0.0/8', "'::'", '0.0.0.0/0']) {
      expect(mistakesOf(source(there)), there).toEqual([
        'tollgrid.yaml:1 sources.0.radius clients.0.secretFile is missing: give this or `secretEnv`',
      ]);
    }
  });

  it('lets a secret stand in a file or in the environment, never in both, and in one where it is needed', () => {
    const radius = (secret: string) =>
      mistakesOf(
        `sources: [{ name: a, kind: radius, format: radius, radius: { clients: [{ address: 10.0.0.1, ${secret} }] } }]\n`,
      );
    for (const one of ['secretFile: s', 'secretEnv: BRAS_SECRET']) expect(radius(one), one).toEqual([]);
    expect(radius('secretFile: s, secretEnv: BRAS_SECRET')).toEqual([
      'tollgrid.yaml:1 sources.0.radius.clients.0.secretEnv stands beside `secretFile`: give one of them',
    ]);
    expect(radius('secretEnv: TOLLGRID_SECRET')[0]).toContain('must match');
    const ftp = (secret: string) =>
      mistakesOf(`sources: [{ name: a, kind: ftp, format: x, ftp: { host: h, user: u, directory: /d, ${secret} } }]\n`);
    expect(ftp('passwordEnv: FTP_PASSWORD')).toEqual([]);
    expect(ftp('')).toEqual(['tollgrid.yaml:1 sources.0.ftp.passwordFile is missing: give this or `passwordEnv`']);
  });

  it('takes an address of PostgreSQL that names a database and no password', () => {
    const mistakes = (url: string) => mistakesOf(`registry: { url: "${url}" }`);
    for (const url of ['postgres://pg:5432/tollgrid', 'postgres:///tollgrid?host=/run/postgresql']) {
      expect(loadConfig({ path: fileWith(`registry: { url: "${url}" }`), env: {} }).registry.url).toBe(url);
    }
    for (const url of [
      'postgres://me:pw@pg/tollgrid',
      'postgres://pg:5432/',
      'postgres://pg/x?password=y',
      'http://x/y',
    ])
      expect(mistakes(url)[0]).toContain('registry.url must match');
    expect(mistakes('postgres://pg:port/tollgrid')[0]).toContain('is no URL');
  });

  it('takes secrets from the environment or from files only', () => {
    const file = fileWith('ledger: { passwordFile: run/password }\n');
    const dir = path.dirname(file);
    expect(() => loadConfig({ path: file, env: {} })).toThrow(/passwordFile cannot be read/);
    mkdirSync(path.join(dir, 'run'));
    writeFileSync(path.join(dir, 'run/password'), 'pw\n');
    expect(loadConfig({ path: file, env: {} }).secrets).toEqual({ ledgerPassword: 'pw' });
    const env = { TOLLGRID_LEDGER_PASSWORD: 'other' };
    expect(loadConfig({ path: file, env }).secrets).toEqual({ ledgerPassword: 'other' });
  });
});

describe('what is made from the schema', () => {
  it('the example holds every default, also when all is uncommented', () => {
    const { file: _file, ...defaults } = loadConfig({ env: {}, workingDir: '/w' });
    const { file: _other, ...fromExample } = loadConfig({ path: fileWith(configExample()), env: {} });
    expect({ ...fromExample, dataDir: '' }).toEqual({ ...defaults, dataDir: '' });
    const lists = configExample()
      .slice(configExample().indexOf('# sources:'))
      .replace(/^# /gm, '')
      .replace('sources: []\n', '');
    expect(loadConfig({ path: fileWith(lists), env: {} }).sources).toMatchObject([
      { name: 'exchange-1', mode: 'closed' },
    ]);
  });

  it('the reference names every key with its variable and default', () => {
    const page = configReference();
    expect(page).toContain('| `port` | 0 to 65535 | 8400 | `TOLLGRID_SERVER_PORT` |');
    expect(page).toContain('16777216 (16 MiB) | `TOLLGRID_RATER_SLICE_BYTES_MAX`');
    expect(page).toContain('| `dataDir` | path | `./data` | `TOLLGRID_DATA_DIR` |');
    for (const key of ['windowMonths', 'groupWaitMs', 'pollMs', 'apiKeysFile', 'guiding'])
      expect(page).toContain(`\`${key}\``);
  });

  it('the JSON Schema takes the example and refuses an unknown key', () => {
    const schema = configJsonSchema();
    expect(Value.Check(schema, parse(configExample()))).toBe(true);
    expect(Value.Check(schema, { server: { prot: 1 } })).toBe(false);
    expect(Value.Check(schema, { sources: [{ name: 'a' }] })).toBe(false);
  });
});
