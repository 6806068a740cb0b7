/** OpenSSH's and vsftpd's servers on free ports, in a folder of their own. Root starts them, as a machine would. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { freePort } from '../tollgrid-process.ts';

export interface FileServer {
  port: number;
  stop(): Promise<void>;
}

const SBIN = `${process.env.PATH}:/usr/sbin:/sbin`;

export function has(program: string): boolean {
  return spawnSync('which', [program], { env: { ...process.env, PATH: SBIN } }).status === 0;
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, PATH: SBIN } });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** A key of this type in the folder; its fingerprint as the configuration wants it. */
export function makeKey(file: string): string {
  run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file);
  const told = spawnSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).stdout;
  return /SHA256:[A-Za-z0-9+/]{43}/.exec(told)![0];
}

async function answering(child: ChildProcess, port: number): Promise<FileServer> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`no server on port ${port}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const stop = async (): Promise<void> => {
    // With what it started for each connection.
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
    await ended;
  };
  return { port, stop };
}

/** The user that runs the tests logs in with `clientKey`. */
export async function startSshd(
  folder: string,
  hostKey: string,
  clientKey: string,
  port?: number,
): Promise<FileServer> {
  const config = path.join(folder, 'sshd_config');
  const keys = path.join(folder, 'authorized_keys');
  fs.copyFileSync(`${clientKey}.pub`, keys);
  // Where sshd wants its separated process; a container has none.
  fs.mkdirSync('/run/sshd', { recursive: true });
  const listen = port ?? (await freePort());
  fs.writeFileSync(
    config,
    [
      `Port ${listen}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${keys}`,
      `PidFile ${path.join(folder, 'sshd.pid')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'StrictModes no',
      'UsePAM no',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  );
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { detached: true, stdio: 'ignore' });
  return answering(child, listen);
}

export interface FtpSetting {
  /** Folder that the user `anonymous` sees as /; it must not be able to write there, only in folders below. */
  root: string;
  password: string;
  /** PEM with key and certificate: FTPS is demanded. */
  certificate?: string;
  /** Bytes each second: slow enough to be killed in the middle. */
  rate?: number;
}

export async function startVsftpd(folder: string, setting: FtpSetting): Promise<FileServer> {
  const port = await freePort();
  const pasv = await freePort();
  const config = path.join(folder, `vsftpd-${port}.conf`);
  // vsftpd wants an empty folder that nobody can write to.
  const empty = path.join(folder, 'empty');
  fs.mkdirSync(empty, { recursive: true, mode: 0o555 });
  const passwords = path.join(folder, 'ftp-passwords');
  fs.writeFileSync(passwords, `${setting.password}\n`);
  const lines = [
    ...[`listen_port=${port}`, 'listen=YES', 'listen_ipv6=NO', 'listen_address=127.0.0.1', 'background=NO'],
    // Its own user with a password of ours: no user of this machine is needed.
    ...['anonymous_enable=YES', 'local_enable=NO', `anon_root=${setting.root}`, 'anon_world_readable_only=NO'],
    ...['secure_email_list_enable=YES', `email_password_file=${passwords}`],
    ...['write_enable=YES', 'anon_upload_enable=YES', 'anon_other_write_enable=YES'],
    ...[`secure_chroot_dir=${empty}`, 'seccomp_sandbox=NO', 'mdtm_write=NO', 'xferlog_enable=NO', 'session_support=NO'],
    ...[`pasv_min_port=${pasv}`, `pasv_max_port=${Math.min(65_535, pasv + 20)}`],
    ...(setting.rate === undefined ? [] : [`anon_max_rate=${setting.rate}`]),
    ...(setting.certificate === undefined
      ? []
      : [
          ...['ssl_enable=YES', `rsa_cert_file=${setting.certificate}`, `rsa_private_key_file=${setting.certificate}`],
          ...['allow_anon_ssl=YES', 'force_anon_logins_ssl=YES', 'force_anon_data_ssl=YES'],
          ...['require_ssl_reuse=YES', 'ssl_ciphers=HIGH'],
        ]),
  ];
  fs.writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn('/usr/sbin/vsftpd', [config], { detached: true, stdio: 'ignore' });
  return answering(child, port);
}

/** Certificate for 127.0.0.1, signed by itself: PEM of it alone, and with its key. */
export function makeCertificate(folder: string): { certificate: string; withKey: string } {
  const key = path.join(folder, 'tls.key');
  const certificate = path.join(folder, 'tls.crt');
  run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    key,
    '-out',
    certificate,
  );
  const withKey = path.join(folder, 'tls.pem');
  fs.writeFileSync(withKey, fs.readFileSync(key, 'utf8') + fs.readFileSync(certificate, 'utf8'), { mode: 0o600 });
  return { certificate, withKey };
}
