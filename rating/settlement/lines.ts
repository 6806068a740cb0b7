/** All lines of a settlement by key. */
import type { BookVersion } from '../engine/index.ts';
import { cycleKey, type Days } from './cycles.ts';
import { exchangeOf, type Exchange } from './exchange.ts';
import { Line, LINE_KINDS, type LineKind } from './line.ts';
import type { LineKey } from './model.ts';

/** What a line is about; what is left out is ''. */
export interface LineOf {
  subscription: number;
  version: BookVersion;
  cycle: Days;
  component: string;
  zone?: string;
  band?: string;
  payer?: string;
}

export class Lines {
  private readonly byKey = new Map<string, Line>();
  private readonly month: Days;
  private readonly currency: string | null;
  private readonly exchanges = new Map<string, Exchange>();

  constructor(month: Days, currency: string | null) {
    this.month = month;
    this.currency = currency;
  }

  line(kind: LineKind, of: LineOf): Line {
    const { subscription, version, cycle, component, zone = '', band = '', payer = '' } = of;
    const key = { component, zone, band, version: version.tariff.version, payer, cycle: cycleKey(cycle, this.month) };
    const text = lineText(subscription, key);
    let line = this.byKey.get(text);
    if (line === undefined) {
      line = new Line(kind, key, { subscription, cycle, version, exchange: this.exchange(version, cycle) });
      this.byKey.set(text, line);
    }
    return line;
  }

  get(subscription: number, key: LineKey): Line | undefined {
    return this.byKey.get(lineText(subscription, key));
  }

  all(): Line[] {
    return [...this.byKey.values()];
  }

  /** By subscription, then fees, allowances, usage...; each by key. */
  sorted(): Line[] {
    const rank = ({ owner, kind, key }: Line) =>
      `${String(owner.subscription).padStart(10, '0')}\n${LINE_KINDS.indexOf(kind)}\n${keyText(key)}`;
    return this.all()
      .map((line) => [rank(line), line] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, line]) => line);
  }

  exchange(version: BookVersion, cycle: Days): Exchange {
    const key = `${version.tariff.version} ${cycle.first} ${cycle.end}`;
    let exchange = this.exchanges.get(key);
    if (exchange === undefined) this.exchanges.set(key, (exchange = exchangeOf(version, cycle, this.currency)));
    return exchange;
  }
}

export function keyText({ component, zone, band, version, payer = '', cycle = '' }: LineKey): string {
  // A correction of a version prices the same line otherwise: what is posted is the difference.
  const [effective] = version.split('#', 1);
  return `${component}\n${zone}\n${band}\n${effective}\n${payer}\n${cycle}`;
}

function lineText(subscription: number, key: LineKey): string {
  return `${subscription}\n${keyText(key)}`;
}
