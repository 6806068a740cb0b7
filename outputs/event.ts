/** A row of the ledger's charges as an event (CloudEvents 1.0, JSON format). */
import type { ChargeItem } from '../schemas/api/charges.ts';
import type { OutputEvent } from './port.ts';

/** Where a row stands for ever: what posted it, which charge, and whether it takes the charge back. */
export function eventId({ postedEntry, id, sign }: Pick<ChargeItem, 'postedEntry' | 'id' | 'sign'>): string {
  return `${postedEntry}/${id}${sign < 0 ? '/reversed' : ''}`;
}

/** The same row gives the same bytes, whenever it is sent: no time of sending is in it. */
export function eventOf(charge: ChargeItem, source: string): OutputEvent {
  const event = {
    specversion: '1.0',
    id: eventId(charge),
    source,
    type: charge.sign < 0 ? 'tollgrid.charge.reversed' : 'tollgrid.charge',
    subject: charge.account,
    datacontenttype: 'application/json',
    data: charge,
  };
  return { key: charge.account, value: JSON.stringify(event) };
}
