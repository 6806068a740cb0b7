/** Memory of a process and all its children, sampled: the most that stood in RAM at one time. */
import fs from 'node:fs';

export class MemoryWatch {
  peakBytes = 0;
  private readonly timer: NodeJS.Timeout;
  private readonly pid: number;

  constructor(everyMs = 100, pid = process.pid) {
    this.pid = pid;
    this.timer = setInterval(() => this.sample(), everyMs);
    this.timer.unref();
  }

  sample(): void {
    this.peakBytes = Math.max(this.peakBytes, treeBytes(this.pid));
  }

  stop(): number {
    this.sample();
    clearInterval(this.timer);
    return this.peakBytes;
  }
}

/** Resident bytes of a process and everything below it. Pages shared between them count once for each. */
export function treeBytes(pid: number): number {
  return [pid, ...descendants(pid)].reduce((sum, one) => sum + residentBytes(one), 0);
}

function descendants(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

export function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`));
  return found === null ? 0 : Number(found[1]) * 1024;
}

/** Empty when the process has ended, or where there is no /proc. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
