/** Options that several commands take, and how their texts are read. */
import { TollgridError } from '../platform/errors.ts';
import type { OptionSpec } from './command.ts';

function reader<T>(what: string, pattern: RegExp, convert: (text: string) => T): (text: string) => T {
  return (text) => {
    if (!pattern.test(text)) throw new TollgridError('ARGUMENTS_INVALID', `"${text}" is not ${what}`);
    return convert(text);
  };
}

export const wholeNumber = reader('a whole number', /^\d{1,12}$/, Number);
export const period = reader('a month (yyyy-mm)', /^\d{4}-(0[1-9]|1[0-2])$/, String);
/** The first day of a month is that month. */
export const rerateMonth = reader('a month (yyyy-mm)', /^\d{4}-(0[1-9]|1[0-2])(-01)?$/, (text) => text.slice(0, 7));
export const entryNumber = reader('the number of an entry', /^\d{1,15}$/, Number);
/** A day, or a month for its first day: yyyy-mm-dd. */
export const day = reader('a day (yyyy-mm-dd)', /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/, (text) =>
  text.length === 7 ? `${text}-01` : text,
);
export const recordAddress = reader('the address of a record (entry.record)', /^\d{1,15}\.\d{1,10}$/, String);
export const incidentId = reader('the id of an incident (entry.number)', /^\d{1,15}\.\d{1,5}$/, String);
export const chargeId = reader('the id of a charge (entry.record.charge)', /^\d{1,15}\.\d{1,10}\.\d{1,5}$/, String);

export const timeoutOption: OptionSpec = {
  flags: '--timeout <seconds>',
  text: 'How long to wait until it is in the ledger',
  default: '600',
  parse: wholeNumber,
};

export const limitOption: OptionSpec = {
  flags: '--limit <n>',
  text: 'How many at most',
  default: '100',
  parse: wholeNumber,
};
