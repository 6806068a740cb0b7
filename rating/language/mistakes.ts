/** What is wrong in a tariff file: collected, so that an analyst sees everything at once. */
export interface Mistake {
  file: string;
  /** 1-based. */
  line: number;
  /** Where in the document: `rules.0.price`. Empty for the whole file. */
  path: string;
  problem: string;
  cure: string;
}

export function formatMistake(mistake: Mistake): string {
  const place = mistake.path === '' ? '' : `${mistake.path}: `;
  return `${mistake.file}:${mistake.line}: ${place}${mistake.problem} ${mistake.cure}`;
}

/** Gathers mistakes and finds their lines. */
export class MistakeList {
  readonly found: Mistake[] = [];
  private readonly file: string;
  private readonly lineOf: (path: readonly (string | number)[]) => number;

  constructor(file: string, lineOf: (path: readonly (string | number)[]) => number) {
    this.file = file;
    this.lineOf = lineOf;
  }

  /** A mistake at a place of the tariff file. */
  add(path: readonly (string | number)[], problem: string, cure: string): void {
    this.found.push({ file: this.file, line: this.lineOf(path), path: path.join('.'), problem, cure });
  }

  /** A mistake in a file beside it. */
  addIn(file: string, line: number, problem: string, cure: string): void {
    this.found.push({ file, line, path: '', problem, cure });
  }

  get any(): boolean {
    return this.found.length > 0;
  }

  sorted(): Mistake[] {
    return [...this.found].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  }
}
