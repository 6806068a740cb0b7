/** A real broker of a test: Debian's mosquitto on a free port, in a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const SBIN = `${process.env['PATH']}:/usr/sbin:/sbin`;

export function isMosquittoMissing(): boolean {
  const found = spawnSync('mosquitto', ['-h'], { env: { ...process.env, PATH: SBIN }, stdio: 'ignore' });
  const missing = found.error !== undefined;
  if (missing) process.stderr.write('SKIPPED: no mosquitto (Debian package); MQTT is not tested with a real broker\n');
  return missing;
}

/** `lines`: of its configuration, without listeners. */
export async function startMosquitto(folder: string, port: number, lines: readonly string[]): Promise<ChildProcess> {
  const file = path.join(folder, `mosquitto-${port}.conf`);
  const always = ['persistence false', 'max_queued_messages 0', 'max_inflight_messages 0', 'user root'];
  fs.writeFileSync(file, [...always, `listener ${port} 127.0.0.1`, ...lines, ''].join('\n'));
  const child = spawn('mosquitto', ['-c', file], { env: { ...process.env, PATH: SBIN }, stdio: 'ignore' });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
    if (await answers(port)) return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const tell = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });
}
