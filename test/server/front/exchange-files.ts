/** Files of an exchange, right or wrong, as text. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileFormat, prepareFormat, type CompiledFormat } from '../../../mediation/formats/index.ts';
import { projectRoot } from '../../../platform/paths.ts';

export interface Calls {
  exchange?: string;
  day?: string;
  /** First and last number. */
  from: number;
  to: number;
  /** Numbers that are not in it. */
  without?: readonly number[];
  /** Seconds of each call; 10 when left out. */
  seconds?: number;
}

export interface Ends {
  header?: string | null;
  trailer?: string | null;
}

/** Header, one line per call, and a trailer that is right unless told. */
export function exchangeFile(calls: Calls, ends: Ends = {}): string {
  const { exchange = 'T-1', day = '2026-10-15', from, to, without = [], seconds = 10 } = calls;
  const lines: string[] = [];
  for (let number = from; number <= to; number++) {
    if (without.includes(number)) continue;
    const [minute, second] = [Math.floor(number / 60) % 60, number % 60].map((part) => String(part).padStart(2, '0'));
    lines.push(`D;${exchange};${number};O;0442200042;0970953426;15.10.2026 10:${minute}:${second};${seconds};;TG;`);
  }
  const { header = `H;${exchange};${day}`, trailer = `T;${exchange};${lines.length};${lines.length * seconds}` } = ends;
  return [header, ...lines, trailer]
    .filter((line) => line !== null)
    .map((line) => `${line}\n`)
    .join('');
}

export function shippedFormat(name: string, change: (document: string) => string = (same) => same): CompiledFormat {
  const document = readFileSync(path.join(projectRoot, 'formats', `${name}.yaml`), 'utf8');
  return compileFormat(prepareFormat(change(document)));
}
