/** `npm start` in a terminal of its own: left running while other commands are tried, then ended with Ctrl-C. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../support/until.ts';

export class LeftRunning {
  said = '';
  private readonly clone: string;
  private readonly child: ChildProcess;
  private exitCode: number | null | undefined;

  constructor(clone: string, env: NodeJS.ProcessEnv) {
    this.clone = clone;
    this.child = spawn('npm', ['start'], { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    this.child.once('close', (code) => (this.exitCode = code));
  }

  /** Resolves when the outcome was shown and it serves. */
  async serves(): Promise<void> {
    await until('npm start serves', () => {
      if (this.exitCode !== undefined) throw new Error(`npm start ended with ${this.exitCode}: ${this.said}`);
      return this.said.includes('Serving http');
    });
  }

  /** Ctrl-C goes to all of the terminal's processes; resolves when they are gone and the data directory is free. */
  async interrupt(): Promise<void> {
    process.kill(-this.child.pid!, 'SIGINT');
    await until('npm start has ended', () => {
      return this.exitCode !== undefined && !existsSync(path.join(this.clone, 'data', 'run', 'front.json'));
    });
  }

  /** Whatever it does. */
  kill(): void {
    if (this.exitCode === undefined) process.kill(-this.child.pid!, 'SIGKILL');
  }
}
