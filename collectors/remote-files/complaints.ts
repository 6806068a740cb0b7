/** What went wrong at a look: the first trouble is shown as long as it lasts, and each is told once. */
import { TollgridError } from '../../platform/errors.ts';
import type { Surroundings } from '../port.ts';

/** Of one look and code; how many more there are is told, too. */
const TOLD_AT_ONCE_MAX = 10;
/** What is remembered as told; beyond it some are told again. */
const TOLD_MAX = 20_000;

export class Complaints {
  private readonly warn: Surroundings['warn'];
  private readonly told = new Set<string>();
  private fresh = new Map<string, number>();
  trouble: TollgridError | null = null;

  constructor(warn: Surroundings['warn']) {
    this.warn = warn;
  }

  /** A look begins. */
  begin(): void {
    this.trouble = null;
    this.fresh = new Map();
  }

  /** `about`: the same trouble has the same, whatever its message says. */
  add(code: TollgridError['code'], message: string, about = message): void {
    this.trouble ??= new TollgridError(code, message);
    const key = `${code} ${about}`;
    if (this.told.has(key)) return;
    if (this.told.size >= TOLD_MAX) this.told.clear();
    this.told.add(key);
    const count = (this.fresh.get(code) ?? 0) + 1;
    this.fresh.set(code, count);
    if (count <= TOLD_AT_ONCE_MAX) this.warn(code, message);
  }

  /** It is over: when it comes back, it is told again. */
  over(code: TollgridError['code'], about: string): void {
    this.told.delete(`${code} ${about}`);
  }

  /** The look is over. */
  end(): void {
    for (const [code, count] of this.fresh)
      if (count > TOLD_AT_ONCE_MAX) this.warn(code, `so it is with ${count - TOLD_AT_ONCE_MAX} more files`);
  }
}
