/**
 * Shell commands that pages promise. In README.md every ```sh block counts; in other pages those marked ```sh run.
 * A block marked ```sh not-run is shown only.
 */
import type { SourceFile } from './sources.ts';

export interface DocumentedBlock {
  page: string;
  /** Line of the first command. */
  line: number;
  script: string;
}

export function documentedBlocks(page: SourceFile): DocumentedBlock[] {
  const blocks: DocumentedBlock[] = [];
  const lines = page.text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const fence = /^```sh(?:\s+(run|not-run))?\s*$/.exec(lines[index]!);
    if (fence === null) continue;
    const end = lines.indexOf('```', index + 1);
    const counts = fence[1] === 'run' || (page.name === 'README.md' && fence[1] !== 'not-run');
    if (counts) blocks.push({ page: page.name, line: index + 2, script: lines.slice(index + 1, end).join('\n') });
    index = end;
  }
  return blocks;
}

/** `npm start` alone is left running, as the page says: what follows is a second terminal. */
export function isLeftRunning({ script }: DocumentedBlock): boolean {
  return /^npm start\b(?!.* -- )/m.test(script);
}

/**
 * The same commands, fit for a test that already stands in a clone: no cloning, no test inside the test, a start that
 * ends by itself, and the program that npx would look for each time.
 */
export function rehearsed(script: string): string {
  return script
    .split('\n')
    .map((line) => line.replace(/^\$ /, ''))
    .filter((line) => !/^\s*(git clone|cd |npm test|npm run test|npm run check)/.test(line))
    .map((line) => line.replace(/^npm start(?: --(?= ))?(?! .*--once)/, 'npm start -- --once'))
    .map((line) => line.replaceAll('npx tollgrid', 'node dist/cli/main.js'))
    .join('\n')
    .trim();
}
