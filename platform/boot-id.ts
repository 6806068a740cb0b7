import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Tells one start of the machine from the next. */
export function currentBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Elsewhere the minute of the start will do: at worst two readings differ and what rests on it is made anew.
    return String(Math.round((Date.now() / 1000 - os.uptime()) / 60));
  }
}
