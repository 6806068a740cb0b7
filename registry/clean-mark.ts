/**
 * The mark that says: the registry was closed in order, and nothing since can have harmed its files.
 *
 * PGlite does not sync. After an orderly end its bytes are whole in the operating system's memory, so they are good
 * for as long as the machine has not been started again; hence the mark names the boot. Anything else (crash, power
 * cut, another machine) means: make the registry anew from the log.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

export interface CleanMark {
  bootId: string;
  appliedEntry: number;
}

/** Reads the mark and takes it away: it holds for one opening. */
export function takeMark(path: string): CleanMark | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  rmSync(path);
  try {
    return JSON.parse(text) as CleanMark;
  } catch {
    return null;
  }
}

export function leaveMark(path: string, mark: CleanMark): void {
  writeFileSync(path, JSON.stringify(mark));
}
