/** The table of totals in docs/tested.md: a line per run, and a last one with the sums of all lines. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../platform/paths.ts';

/** What is counted, in the order of the columns. */
export const COUNTED = {
  lives: 'simulated lives',
  bugs: 'bugs caught',
  kills: 'kills',
  changes: 'of these at a change of the engine',
  cuts: 'power cuts',
  writesLost: 'cached writes lost in them',
  points: 'points of death',
  syncs: 'failed syncs',
  damages: 'damages',
  freezes: 'freezes',
  full: 'full disks',
  records: 'records',
  wrong: 'wrong',
} as const;

export type Totals = Record<keyof typeof COUNTED, number>;

export interface Run {
  seed: number;
  minutes: number;
  command: string;
  totals: Totals;
}

const PAGE = path.join(projectRoot, 'docs', 'tested.md');
const KEYS = Object.keys(COUNTED) as (keyof Totals)[];
const FACTS = ['date', 'commit', 'machine', 'command', 'first seed', 'minutes'];
const SUM = 'all';

export function noTotals(): Totals {
  return Object.fromEntries(KEYS.map((key) => [key, 0])) as Totals;
}

/** What runs of this commit have done so far, without anything wrong: a run may be taken up again. */
export function doneBefore(): Totals {
  const rows = readRows(fs.readFileSync(PAGE, 'utf8')).filter(([, commit]) => commit === commitName());
  const totals = rows.map(totalsOf);
  return totals.some(({ wrong }) => wrong > 0) ? noTotals() : sumOf(totals);
}

export function appendRun({ seed, minutes, command, totals }: Run): void {
  const text = fs.readFileSync(PAGE, 'utf8');
  const facts = [today(), commitName(), machine(), `\`${command}\``, seed, minutes.toFixed(1)];
  const row = [...facts, ...KEYS.map((key) => totals[key])].map(String);
  fs.writeFileSync(PAGE, withRows(text, [...readRows(text), row]));
}

/** The page with these lines and their sums. */
export function withRows(text: string, rows: readonly (readonly string[])[]): string {
  const kept = text.split('\n').filter((line) => !line.startsWith('|') || !isTotal(text, line));
  const heading = [...FACTS, ...KEYS.map((key) => COUNTED[key])];
  const sums = sumOf(rows.map(totalsOf));
  const minutes = rows.reduce((sum, row) => sum + Number(row[FACTS.indexOf('minutes')]), 0).toFixed(1);
  const last = [SUM, '', '', '', '', minutes, ...KEYS.map((key) => String(sums[key]))];
  const all = [heading, ...rows, ...(rows.length > 0 ? [last] : [])];
  // Aligned, as the formatter would do it.
  const widths = heading.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column])));
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  const body = kept.join('\n').replace(/\n+$/, '\n');
  return `${body}\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

export function readRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && isTotal(text, line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter(([date]) => /^\d{4}-\d\d-\d\d$/.test(date));
}

/** Only the table at the end of the page is that of the totals. */
function isTotal(text: string, line: string): boolean {
  return text.indexOf(line) > text.indexOf('\n## Totals');
}

function totalsOf(row: readonly string[]): Totals {
  return Object.fromEntries(KEYS.map((key, index) => [key, Number(row[FACTS.length + index] ?? 0)])) as Totals;
}

function sumOf(totals: readonly Totals[]): Totals {
  const sum = noTotals();
  for (const one of totals) for (const key of KEYS) sum[key] += one[key];
  return sum;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** With a + when something differs from it. */
function commitName(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no').split('\n');
  const isChanged = changed.some((line) => line !== '' && !line.endsWith('docs/tested.md'));
  return git('rev-parse', '--short', 'HEAD') + (isChanged ? '+' : '');
}

function machine(): string {
  const memoryGb = Math.round(os.totalmem() / 2 ** 30);
  return `${os.availableParallelism()} cores, ${memoryGb} GB, ${os.type()} ${os.release().split('-')[0]}, Node ${process.versions.node}`;
}
