/** The currency that lines are posted in. */
import { TollgridError } from '../../platform/errors.ts';
import { dateOfDay } from '../arithmetic/calendar.ts';
import { ONE, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import type { Days } from './cycles.ts';

export interface Exchange {
  currency: string;
  /** What one unit of the tariff's currency costs. */
  rate: Ratio;
  /** How it came about; '' without exchange. */
  text: string;
}

/** Errors: SETTLE_CURRENCY, SETTLE_NO_RATE. `currency`: of the account, or null. */
export function exchangeOf({ tariff }: BookVersion, cycle: Days, currency: string | null): Exchange {
  const { exchange } = tariff.model.period;
  const own = tariff.model.currency;
  if (exchange === null || own === currency) return posted({ currency: own, rate: ONE, text: '' }, currency);
  const day = exchange.at === 'end' ? cycle.end - 1 : cycle.first;
  const held = exchange.rates.findLast((one) => one.day <= day);
  if (held === undefined) {
    throw new TollgridError('SETTLE_NO_RATE', `Tariff ${tariff.version} has no rate for ${dateOfDay(day)}.`);
  }
  const text = `1 ${own} is ${held.text} ${exchange.to} on ${dateOfDay(day)} (rate of ${dateOfDay(held.day)}).`;
  return posted({ currency: exchange.to, rate: held.rate, text }, currency);
}

/** An account has one currency: a line in another one would never be paid by its bill. */
function posted(exchange: Exchange, currency: string | null): Exchange {
  if (currency === null || currency === exchange.currency) return exchange;
  throw new TollgridError(
    'SETTLE_CURRENCY',
    `The account is kept in ${currency}, its tariff's lines are in ${exchange.currency}.`,
    { account: currency, tariff: exchange.currency },
  );
}
