/** A PostgreSQL server of a test: Debian's, on a free port and a socket in a folder of its own. It refuses root, so root becomes `nobody`. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const LIB = '/usr/lib/postgresql';
const PASSWORD = 'town secret';

export interface PostgresServer {
  port: number;
  /** Of a new, empty database, by TCP; its owner is `tollgrid`. */
  newDatabase(): string;
  socketUrl(url: string): string;
  password: string;
  /** `certificate`: the server speaks TLS then, and refuses what does not over TCP. */
  start(options?: { certificate?: string; key?: string }): Promise<void>;
  /** As `kill -9` of all its processes would: nothing is ended in order. */
  crash(): Promise<void>;
  remove(): Promise<void>;
  sql(database: string, text: string): string;
}

export function postgresFolder(): string | null {
  const versions = fs.existsSync(LIB) ? fs.readdirSync(LIB).sort() : [];
  const bin = versions
    .map((version) => path.join(LIB, version, 'bin'))
    .findLast((one) => fs.existsSync(`${one}/initdb`));
  if (bin === undefined) process.stderr.write('SKIPPED: no PostgreSQL (Debian package); its suites do not run\n');
  return bin ?? null;
}

export async function makePostgres(bin: string): Promise<PostgresServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-pg-'));
  const data = path.join(folder, 'data');
  const who: { uid?: number; gid?: number } = process.getuid?.() === 0 ? userOf('nobody') : {};
  const own = (file: string): void => {
    if (who.uid !== undefined && who.gid !== undefined) fs.chownSync(file, who.uid, who.gid);
  };
  own(folder);
  const run = (program: string, args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(path.join(bin, program), args, {
      ...who,
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C', PGPASSWORD: PASSWORD },
    });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
    return stdout;
  };
  const secret = path.join(folder, 'password');
  fs.writeFileSync(secret, PASSWORD, { mode: 0o644 });
  run('initdb', [
    '-D',
    data,
    '-U',
    'tollgrid',
    '-A',
    'scram-sha-256',
    '--pwfile',
    secret,
    '-E',
    'UTF8',
    '--locale',
    'C',
    '-N',
  ]);
  const port = await freePort();
  const hba = path.join(data, 'pg_hba.conf');
  const plainHba = fs.readFileSync(hba, 'utf8');
  let child: ChildProcess | null = null;
  let databases = 0;
  const psql = (database: string, text: string): string =>
    run('psql', ['-h', folder, '-p', String(port), '-U', 'tollgrid', '-d', database, '-qAt', '-c', text]).trim();
  const ended = async (): Promise<void> => {
    const process = child;
    child = null;
    if (process === null || process.exitCode !== null) return;
    const exit = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGQUIT');
    await exit;
  };
  const server: PostgresServer = {
    port,
    password: PASSWORD,
    newDatabase: () => {
      const name = `registry${++databases}`;
      psql('postgres', `create database ${name}`);
      return `postgres://127.0.0.1:${port}/${name}`;
    },
    socketUrl: (url) => `postgres://localhost:${port}/${new URL(url).pathname.slice(1)}?host=${folder}`,
    start: async ({ certificate, key } = {}) => {
      const settings = ['fsync=off', 'shared_buffers=16MB', `unix_socket_directories=${folder}`];
      if (key !== undefined) own(key);
      if (certificate !== undefined) settings.push('ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`);
      const tcpOnlyTls = plainHba.replaceAll(/^host /gm, 'hostssl ');
      fs.writeFileSync(hba, certificate === undefined ? plainHba : tcpOnlyTls);
      child = spawn(
        path.join(bin, 'postgres'),
        ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((one) => ['-c', one])],
        { ...who, cwd: folder, stdio: 'ignore', env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
      );
      for (let tries = 0; ; tries++) {
        try {
          psql('postgres', 'select 1');
          return;
        } catch (error) {
          if (child.exitCode !== null || tries > 400) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    // SIGQUIT: it ends its sessions at once and recovers at the next start.
    crash: ended,
    remove: async () => {
      await ended();
      fs.rmSync(folder, { recursive: true, force: true });
    },
    sql: psql,
  };
  return server;
}

function userOf(name: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
