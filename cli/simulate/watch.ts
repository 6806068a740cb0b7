/**
 * Looks for the charges of single events while they are sent: one of each kind at a time, as soon as the one before was
 * found. Between the sending and the charge lies all of Tollgrid.
 */
import type { ChargeItem } from '../../schemas/api/charges.ts';
import type { Page } from '../../schemas/api/common.ts';
import type { DeviceEvent, EventKind, Subjects } from '../../simulator/index.ts';
import type { Api } from '../client.ts';

const LOOK_EVERY_MS = 100;
const LOOK_MS_MAX = 30_000;

const SERVICE: Readonly<Record<EventKind, string>> = { call: 'voice', session: 'data', reading: 'electricity' };

export interface Found {
  event: DeviceEvent;
  charge: ChargeItem;
  /** From the sending until the charge could be read. */
  delayMs: number;
}

export class Watch {
  /** Of all that were found, in the order in which they were. */
  readonly delaysMs: number[] = [];
  /** Events whose charge was not there in time. */
  readonly missing: DeviceEvent[] = [];
  private readonly api: Api;
  private readonly accounts: Subjects['accounts'];
  private readonly tell: (found: Found) => void;
  /** Interims are charged while their session lasts. */
  private readonly interims: boolean;
  private readonly looking = new Map<EventKind, Promise<void>>();

  constructor(api: Api, { accounts }: Subjects, interims: boolean, tell: (found: Found) => void) {
    this.interims = interims;
    this.api = api;
    this.accounts = accounts;
    this.tell = tell;
  }

  sent(event: DeviceEvent): void {
    if (this.looking.has(event.kind) || !this.isCharged(event)) return;
    const looking = this.look(event, performance.now()).finally(() => this.looking.delete(event.kind));
    this.looking.set(event.kind, looking);
  }

  /** Resolves when every look has ended. */
  async finished(): Promise<void> {
    await Promise.all(this.looking.values());
  }

  private isCharged(event: DeviceEvent): boolean {
    if (event.kind !== 'session') return true;
    return event.status === 'Stop' || (this.interims && event.status === 'Interim-Update');
  }

  private async look(event: DeviceEvent, sentAt: number): Promise<void> {
    const { subject, fromMs, toMs } = spanOf(event);
    const query = {
      account: this.accounts.get(subject)!,
      service: SERVICE[event.kind],
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs + 1000).toISOString(),
      limit: 1000,
    };
    while (performance.now() - sentAt < LOOK_MS_MAX) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const page: Page<ChargeItem> | null = await this.api
        .get<Page<ChargeItem>>('/v1/charges', query)
        .catch(() => null);
      const charge = page?.items.find(({ endAt }) => Date.parse(endAt) === toMs);
      if (charge === undefined) continue;
      const delayMs = performance.now() - sentAt;
      this.delaysMs.push(delayMs);
      return this.tell({ event, charge, delayMs });
    }
    this.missing.push(event);
  }
}

function spanOf(event: DeviceEvent): { subject: string; fromMs: number; toMs: number } {
  switch (event.kind) {
    case 'call':
      return {
        subject: event.caller,
        fromMs: event.answeredAtMs,
        toMs: event.answeredAtMs + event.seconds * 1000,
      };
    case 'session':
      return { subject: event.login, fromMs: event.startedAtMs - 1000, toMs: event.atMs };
    case 'reading':
      return { subject: event.meter, fromMs: event.startAtMs, toMs: event.endAtMs };
  }
}
