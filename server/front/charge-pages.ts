/** What outputs send: the ledger's charges in the order in which the log posted them, under their outside names. */
import { setImmediate as turn } from 'node:timers/promises';
import { postedCharges, postedUpTo, type Charge, type LedgerClient } from '../../ledger/index.ts';
import { eventOf, type OutputEvent, type Page, type Pages, type Position } from '../../outputs/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Processed } from './processed.ts';
import { chargeItem, type ChargeNames } from './to-api.ts';

/** About 15 MB of events. Each page costs a look at one column of all charges. */
const PAGE_ROWS = 20_000;
const NAMES_MAX = 100_000;

export interface ChargePagesParts {
  ledger(): LedgerClient;
  processed: Pick<Processed, 'sureNo' | 'turn'>;
  registry(): Registry;
  views: readonly string[];
  eventSource: string;
  pageRows?: number;
}

export class ChargePages implements Pages {
  private readonly parts: ChargePagesParts;
  private readonly names = new KnownNames();

  constructor(parts: ChargePagesParts) {
    this.parts = parts;
  }

  async after(position: Position): Promise<Page | null> {
    const { processed } = this.parts;
    const { sureNo: upTo, turn: before } = processed;
    if (upTo === null || upTo < position.entry || (upTo === position.entry && position.after === null)) return null;
    const page = await this.read(position, upTo);
    // That the ledger is dropped is told by another way than its answers come: what was told by now is heard first.
    await turn();
    await turn();
    return processed.turn === before ? page : null;
  }

  private async read({ entry: fromEntry, after }: Position, upTo: number): Promise<Page> {
    const { pageRows = PAGE_ROWS, views } = this.parts;
    const ledger = this.parts.ledger();
    const filter = { fromEntry, after, toEntry: upTo, views };
    const toEntry = await postedUpTo(ledger, filter, pageRows);
    if (toEntry === null) return { events: [], end: { entry: upTo, after: null } };
    const events: OutputEvent[] = [];
    let last: Charge | undefined;
    for await (const charges of postedCharges(ledger, { ...filter, toEntry }, pageRows)) {
      await this.names.learn(this.parts.registry(), charges);
      for (const charge of charges) events.push(eventOf(chargeItem(charge, this.names), this.parts.eventSource));
      last = charges.at(-1) ?? last;
    }
    const isCut = events.length >= pageRows && last !== undefined;
    return { events, end: isCut ? placeOf(last!) : { entry: toEntry, after: null } };
  }
}

function placeOf({ postedEntry, address, sign }: Charge): Position {
  const [entryNo, recordNo, chargeNo] = address.split('.').map(Number);
  return { entry: Number(postedEntry), after: [entryNo, recordNo, chargeNo, sign] };
}

/** Accounts and subscriptions keep their outside names, so each is asked for once. */
class KnownNames implements ChargeNames {
  private readonly accounts = new Map<number, string>();
  private readonly subscriptions = new Map<number, string>();

  async learn({ queries }: Registry, rows: readonly Charge[]): Promise<void> {
    const { accounts, subscriptions } = this;
    for (const names of [accounts, subscriptions]) if (names.size > NAMES_MAX) names.clear();
    const unknown = (names: Map<number, string>, nos: readonly number[]): number[] => [
      ...new Set(nos.filter((no) => !names.has(no))),
    ];
    const accountNos = unknown(
      accounts,
      rows.map(({ accountNo }) => accountNo),
    );
    const subscriptionNos = unknown(
      subscriptions,
      rows.map(({ subscriptionNo }) => subscriptionNo),
    );
    if (accountNos.length > 0) for (const [no, id] of await queries.accountIds(accountNos)) accounts.set(no, id);
    if (subscriptionNos.length === 0) return;
    for (const [no, id] of await queries.subscriptionIds(subscriptionNos)) subscriptions.set(no, id);
  }

  account(no: number): string {
    return this.accounts.get(no) ?? `#${no}`;
  }

  subscription(no: number): string {
    return this.subscriptions.get(no) ?? `#${no}`;
  }
}
