/** Everything in deploy/ against the product: files that exist, ports, paths, keys and variables that Tollgrid knows. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { MEASURED, PROFILES, sizeOf, sizingTable } from '../../load-tests/sizing.ts';
import { loadConfig } from '../../platform/config.ts';
import { projectFiles } from '../house/support/sources.ts';
import { compose, dockerfile, inProject, text, unit } from './documents.ts';

const PORT = 8400;
const USER = 10001;
const CONFIG = inProject('deploy', 'config', 'tollgrid.yaml');
const has = (program: string, argument: string): boolean => {
  const found = spawnSync(program, [argument], { stdio: 'ignore' }).error === undefined;
  if (!found) process.stderr.write(`SKIPPED: no ${program}; what it checks of deploy/ is not checked\n`);
  return found;
};

/** The configuration as it is with these variables; throws what `tollgrid config check` says. */
const configWith = (env: Record<string, string>) => loadConfig({ path: CONFIG, env });

describe('the configuration', () => {
  it('is good as it is and with the variables of each way to run it', () => {
    expect(configWith({})).toMatchObject({ dataDir: '/var/lib/tollgrid', server: { host: '127.0.0.1', port: PORT } });
    const ofUnit = unit()
      .get('Environment')!
      .map((line) => line.split('=') as [string, string]);
    expect(configWith(ours(Object.fromEntries(ofUnit))).server.apiKeysFile).toContain('api-keys.yaml');
    const { environment } = compose().services.tollgrid;
    expect(configWith(ours(environment!)).server.host).toBe('0.0.0.0');
    expect(() => configWith({ TOLLGRID_SERVER_HOTS: 'x' })).toThrow();
  });
});

/** Only what the product reads. */
const ours = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('TOLLGRID_')));

describe('the unit of systemd', () => {
  it('runs as a user of its own that may write to its data directory alone', () => {
    const keys = unit();
    const only = (key: string): string => keys.get(key)!.join('|');
    expect(only('User')).toBe('tollgrid');
    expect(`/var/lib/${only('StateDirectory')}`).toBe(configWith({}).dataDir);
    expect(only('ProtectSystem')).toBe('strict');
    expect(only('CapabilityBoundingSet')).toBe('');
    for (const key of ['NoNewPrivileges', 'ProtectHome', 'PrivateTmp', 'PrivateDevices', 'RestrictNamespaces']) {
      expect(only(key), key).toBe('yes');
    }
    expect(keys.has('ReadWritePaths')).toBe(false);
    const [node, program, command, option, file] = only('ExecStart').split(' ');
    expect([node, command, option, file]).toEqual([
      '/usr/bin/node',
      'start',
      '--config',
      '/etc/tollgrid/tollgrid.yaml',
    ]);
    const { bin } = JSON.parse(text('package.json')) as { bin: Record<string, string> };
    expect(program).toBe(bin.tollgrid);
    const page = keys.get('Documentation')![0].replace('file:///opt/tollgrid/', '');
    expect(existsSync(inProject(page))).toBe(true);
  });

  it.skipIf(!has('systemd-analyze', '--version'))('pleases systemd (needs systemd-analyze)', () => {
    const result = spawnSync('systemd-analyze', ['verify', inProject('deploy', 'systemd', 'tollgrid.service')], {
      encoding: 'utf8',
    });
    // It looks at every unit of this machine, and for a Node.js that may be elsewhere here.
    const said = `${result.stdout}${result.stderr}`.split('\n').filter((line) => /tollgrid/.test(line));
    expect(said.filter((line) => !line.includes('is not executable'))).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  const lines = dockerfile();
  const last = lines.slice(lines.findLastIndex(({ instruction }) => instruction === 'FROM'));
  const of = (stage: typeof lines, name: string): string[] =>
    stage.filter(({ instruction }) => instruction === name).map(({ rest }) => rest);

  it('has two stages on a long-term Node.js, pinned, and ends without rights', () => {
    const from = of(lines, 'FROM');
    expect(from).toHaveLength(2);
    for (const image of from) expect(image).toMatch(/^node:2[24]\.\d+\.\d+-bookworm-slim( AS build)?$/);
    expect(new Set(from.map((image) => image.split(' ')[0])).size).toBe(1);
    expect(of(last, 'USER')).toEqual([`${USER}:${USER}`]);
    expect(of(last, 'EXPOSE')).toEqual([String(PORT)]);
    expect(of(last, 'VOLUME')).toEqual([configWith({}).dataDir]);
    expect(of(last, 'HEALTHCHECK')[0]).toContain(`http://127.0.0.1:${PORT}/health`);
    const env = Object.fromEntries(
      [...of(last, 'ENV')[0].matchAll(/(TOLLGRID_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    );
    expect(existsSync(inProject('deploy/config/tollgrid.yaml'))).toBe(true);
    const { TOLLGRID_CONFIG: config, ...others } = env;
    expect(of(last, 'COPY')).toContain(`deploy/config/tollgrid.yaml ${config}`);
    expect(configWith(others).server).toMatchObject({ host: '0.0.0.0', port: PORT });
  });

  it('copies what exists, and all that is compiled and read', () => {
    const copied = lines
      .filter(({ instruction, rest }) => instruction === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect(copied.filter((file) => !existsSync(inProject(file)))).toEqual([]);
    const ignored = text('deploy/Dockerfile.dockerignore').split('\n');
    expect(copied.filter((file) => ignored.includes(file))).toEqual([]);
    const { exclude } = JSON.parse(text('tsconfig.build.json')) as { exclude: string[] };
    const compiled = new Set(
      projectFiles('.ts')
        .filter(({ name }) => name.includes('/') && !name.endsWith('.test.ts'))
        .map(({ name }) => name.split('/')[0])
        .filter((folder) => !exclude.includes(folder)),
    );
    expect([...compiled].filter((folder) => !copied.includes(folder))).toEqual([]);
    expect(of(last, 'COPY').filter((rest) => /^(formats|package\.json)/.test(rest))).toHaveLength(2);
  });
});

describe('the services of Compose', () => {
  const { services, volumes, secrets } = compose();
  const entries = Object.entries(services);

  it('are pinned, healthy one after the other, and open on this machine alone', () => {
    expect(Object.keys(services)).toEqual(['tollgrid', 'prometheus', 'grafana']);
    const ports = new Set<string>();
    for (const [name, service] of entries) {
      expect(service.image, name).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(service.healthcheck.test[0], name).toBe('CMD');
      expect(
        service.healthcheck.test.every((part) => typeof part === 'string'),
        name,
      ).toBe(true);
      expect(service.restart, name).toBe('unless-stopped');
      expect(service.cap_drop, name).toEqual(['ALL']);
      expect(service.security_opt, name).toEqual(['no-new-privileges:true']);
      for (const port of service.ports) {
        expect(port, name).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
        expect(ports.has(port)).toBe(false);
        ports.add(port);
      }
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(services[other].healthcheck, name).toBeDefined();
        expect(condition, name).toBe('service_healthy');
      }
    }
    expect(services.tollgrid).toMatchObject({ user: `${USER}:${USER}`, read_only: true });
    expect(services.tollgrid.image).toBe(
      `tollgrid:${(JSON.parse(text('package.json')) as { version: string }).version}`,
    );
  });

  it('mount files and volumes that exist, and secrets that are made', () => {
    const folder = inProject('deploy', 'compose');
    const named = new Set<string>();
    for (const [name, { volumes: mounts, secrets: used, build, environment = {} }] of entries) {
      for (const mount of mounts) {
        const [from] = mount.split(':');
        if (from.startsWith('.')) {
          expect(existsSync(path.join(folder, from)), `${name}: ${from}`).toBe(true);
          expect(mount, name).toMatch(/:ro$/);
        } else named.add(from);
      }
      for (const secret of used) expect(secrets[secret], name).toBeDefined();
      for (const value of Object.values(environment)) {
        if (value.startsWith('/run/secrets/')) expect(used, name).toContain(value.slice('/run/secrets/'.length));
      }
      if (build === undefined) continue;
      expect(existsSync(path.join(folder, build.context, build.dockerfile))).toBe(true);
    }
    expect([...named].sort()).toEqual(Object.keys(volumes).sort());
    const made = text('deploy/make-keys.sh');
    for (const { file } of Object.values(secrets)) expect(made).toContain(path.basename(file));
    expect(text('deploy/compose/.gitignore')).toContain('secrets/');
  });

  it('know each other: Prometheus scrapes Tollgrid with its key, Grafana asks Prometheus and shows the board', () => {
    const prometheus = parse(text('deploy/compose/prometheus.yml')) as {
      rule_files: string[];
      scrape_configs: {
        job_name: string;
        authorization: { credentials_file: string };
        static_configs: { targets: string[] }[];
      }[];
    };
    const [scrape] = prometheus.scrape_configs;
    expect(scrape.static_configs[0].targets).toEqual([`tollgrid:${PORT}`]);
    // The alerts ask for this name.
    expect(text('dashboards/alerts.yaml')).toContain(`up{job="${scrape.job_name}"}`);
    expect(services.prometheus.secrets.map((name) => `/run/secrets/${name}`)).toEqual([
      scrape.authorization.credentials_file,
    ]);
    const mounted = services.prometheus.volumes.map((mount) => mount.split(':')[1]);
    expect(mounted).toEqual(expect.arrayContaining(prometheus.rule_files));
    const folder = 'deploy/compose/grafana/provisioning';
    const { datasources } = parse(text(`${folder}/datasources/prometheus.yaml`)) as { datasources: { url: string }[] };
    expect(datasources[0].url).toBe('http://prometheus:9090');
    const { providers } = parse(text(`${folder}/dashboards/tollgrid.yaml`)) as {
      providers: { options: { path: string } }[];
    };
    const board = services.grafana.volumes.find((mount) => mount.includes('dashboards/tollgrid.json'))!;
    expect(path.dirname(board.split(':')[1])).toBe(providers[0].options.path);
    expect(services.grafana.environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(board.split(':')[1]);
  });

  it.skipIf(!has('promtool', '--version'))('have a configuration that pleases Prometheus (needs promtool)', () => {
    const file = inProject('deploy', 'compose', 'prometheus.yml');
    const result = spawnSync('promtool', ['check', 'config', '--syntax-only', file], { encoding: 'utf8' });
    expect(result.status, result.stdout + result.stderr).toBe(0);
  });
});

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    replicas: number;
    minAvailable: number;
    selector: { matchLabels: object } & Record<string, string>;
    ports: { port: number; targetPort: string }[];
    template: { metadata: { labels: object }; spec: PodSpec };
    volumeClaimTemplates: { metadata: { name: string } }[];
  };
}

interface PodSpec {
  securityContext: Record<string, unknown>;
  containers: {
    image: string;
    ports: { containerPort: number; name: string }[];
    env: { name: string; value: string }[];
    resources: Record<'requests' | 'limits', Record<string, string>>;
    securityContext: Record<string, unknown>;
    volumeMounts: { name: string; mountPath: string }[];
    [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
  }[];
  volumes: { name: string; configMap?: { name: string } }[];
}

describe.skipIf(!has('kubectl', 'help'))('the base of Kustomize (needs kubectl)', () => {
  const built = spawnSync('kubectl', ['kustomize', inProject('deploy', 'kustomize', 'base')], { encoding: 'utf8' });
  const manifests = parseAllDocuments(built.stdout ?? '').map((document) => document.toJS() as Manifest);
  const find = (kind: string): Manifest => manifests.find((one) => one.kind === kind)!;

  it('builds one pod with its configuration, behind one service', () => {
    expect(built.status, built.stderr).toBe(0);
    expect(built.stderr).toBe('');
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      'ConfigMap',
      'PodDisruptionBudget',
      'Service',
      'StatefulSet',
    ]);
    const { spec } = find('StatefulSet');
    expect(spec.replicas).toBe(1);
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
    expect(find('Service').spec.selector).toEqual(spec.selector.matchLabels);
    expect(find('PodDisruptionBudget').spec).toMatchObject({ minAvailable: 1, selector: spec.selector });
    const { name } = find('ConfigMap').metadata;
    expect(spec.template.spec.volumes.map(({ configMap }) => configMap?.name)).toContain(name);
    expect(find('ConfigMap').data!['tollgrid.yaml']).toBe(text('deploy/config/tollgrid.yaml'));
  });

  it('asks the product’s own probes, as nobody in particular, with room that is written down', () => {
    const { spec } = find('StatefulSet');
    const pod = spec.template.spec;
    const [container] = pod.containers;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: USER, fsGroup: USER });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.image).toMatch(/^tollgrid:\d+\.\d+\.\d+$/);
    expect(container.ports).toEqual([{ containerPort: PORT, name: 'http' }]);
    expect(find('Service').spec.ports[0]).toMatchObject({ port: PORT, targetPort: 'http' });
    const { paths } = JSON.parse(text('docs/openapi.json')) as { paths: Record<string, object> };
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
      expect(container[probe].httpGet.port).toBe('http');
      expect(paths[container[probe].httpGet.path], probe).toBeDefined();
    }
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory']);
    expect(container.resources.limits.memory).toBeDefined();
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    const { dataDir } = configWith(env);
    const names = [...pod.volumes, ...spec.volumeClaimTemplates.map(({ metadata }) => metadata)].map(
      ({ name }) => name,
    );
    for (const { name } of container.volumeMounts) expect(names).toContain(name);
    const data = container.volumeMounts.find(({ name }) => name === spec.volumeClaimTemplates[0].metadata.name)!;
    expect(dataDir.startsWith(data.mountPath)).toBe(true);
  });
});

describe('the README of deploy/', () => {
  const readme = text('deploy/README.md');

  it('comes from nothing to running in at most ten commands, with files that exist', () => {
    const blocks = [...readme.matchAll(/```sh not-run\n([\s\S]*?)```/g)].map(([, block]) => block.trim().split('\n'));
    expect(blocks).toHaveLength(3);
    for (const block of blocks) expect(block.length).toBeLessThanOrEqual(10);
    const named = readme.match(/deploy\/[\w/.-]+\w/g)!;
    expect(named.filter((file) => !existsSync(inProject(file)))).toEqual([]);
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    for (const [, script] of readme.matchAll(/npm run (\w+)/g)) expect(scripts[script]).toBeDefined();
  });

  it('has the sizes that follow from what was measured', () => {
    const results = text('load-tests/RESULTS.md');
    for (const { where } of Object.values(MEASURED)) expect(results).toContain(where);
    const cells = (line: string): string => line.replace(/\s*\|\s*/g, '|').replace(/-+/g, '-');
    const [, shown] = /<!-- sizing -->([\s\S]*)<!-- \/sizing -->/.exec(readme)!;
    expect(shown.trim().split('\n').map(cells)).toEqual(sizingTable().map(cells));
    // By hand: 10 records of 196 + 79 bytes for 395.2 days and 20 bytes for 91.2 days; 2.9 µs at 27.8 a second.
    const small = sizeOf(PROFILES[0], 100_000);
    expect(small.diskBytes).toBeCloseTo(1e6 * (395.2 * 275 + 91.2 * 20), -3);
    expect(small).toMatchObject({ recordsPerDay: 1e6, cores: 2, tollgrids: 1, paper: false });
    expect(sizeOf(PROFILES[2], 1e8)).toMatchObject({ recordsPerDay: 1.44e10, paper: true });
  });
});

describe('deploy/', () => {
  it('names no image or package as latest, and no file twice', () => {
    for (const file of readdirSync(inProject('deploy'), { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || file.parentPath.endsWith('secrets')) continue;
      expect(readFileSync(path.join(file.parentPath, file.name), 'utf8'), file.name).not.toMatch(/:latest\b|@latest\b/);
    }
  });

  it('makes keys once, readable for containers in a folder that is closed', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tollgrid-keys-'));
    try {
      const run = () => spawnSync('sh', [inProject('deploy', 'make-keys.sh'), path.join(folder, 'keys')]).status;
      expect(run()).toBe(0);
      const before = readFileSync(path.join(folder, 'keys', 'api-keys.yaml'), 'utf8');
      expect(run()).toBe(1);
      expect(readFileSync(path.join(folder, 'keys', 'api-keys.yaml'), 'utf8')).toBe(before);
      expect(statSync(path.join(folder, 'keys')).mode & 0o777).toBe(0o700);
      expect(statSync(path.join(folder, 'keys', 'api-keys.yaml')).mode & 0o777).toBe(0o644);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
