// Servers and clients that some suites speak to: Debian's own packages, installed where that is possible. Where it is
// not, these suites are skipped and say why.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { say } from './prepare.mjs';

/** Program → package that brings it. */
const PACKAGES = {
  radclient: 'freeradius-utils',
  freeradius: 'freeradius',
  mosquitto: 'mosquitto',
  sshd: 'openssh-server',
  vsftpd: 'vsftpd',
  // A real Kafka broker, and the client that is compiled for it.
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
  'g++': 'g++',
  make: 'make',
  python3: 'python3',
  prometheus: 'prometheus',
  initdb: 'postgresql',
};

const POSTGRES = '/usr/lib/postgresql';
const versions = () => (existsSync(POSTGRES) ? readdirSync(POSTGRES) : []);
const allPaths = () => [process.env.PATH, '/usr/sbin', '/sbin', ...versions().map((one) => `${POSTGRES}/${one}/bin`)];
const has = (program) =>
  spawnSync('which', [program], { env: { ...process.env, PATH: allPaths().join(':') }, stdio: 'ignore' }).status === 0;

export function installServers() {
  const missing = Object.keys(PACKAGES).filter((program) => !has(program));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    say(`Not installed, and not installable here (root on Debian can): ${missing.join(', ')}`);
    return;
  }
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))];
  say(`Installing for the tests: ${packages.join(', ')} ...`);
  // Without a run level no server that comes with a package is started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'ignore', timeout: 300_000 }).status;
  const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
  // The lists may be absent or old.
  if (install() !== 0 && (apt('update') !== 0 || install() !== 0)) say('They could not be installed.');
}
