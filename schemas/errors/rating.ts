import type { ErrorEntry } from '../errors.ts';

/** The record waits in suspense; recycling rates it again. */
const suspended = { counter: 'tollgrid_errors_total', http: 422, exit: 1 } as const;

/** The subscription is not settled; the others are. */
const unsettled = { counter: 'tollgrid_settlement_failures_total', http: 422, exit: 1 } as const;

export const ratingErrors = {
  TARIFF_INVALID: {
    cause: 'A tariff file has mistakes; it was not published.',
    cure: 'Correct every mistake listed in the message; `tollgrid tariff check FILE` shows them again.',
    counter: 'tollgrid_errors_total',
    http: 422,
    exit: 2,
  },
  TARIFF_TEST_FAILED: {
    cause: 'An example inside a tariff file does not hold; the tariff was not published.',
    cure: 'Correct the price or the expected amount; `tollgrid tariff test FILE` shows both.',
    counter: 'tollgrid_errors_total',
    http: 422,
    exit: 1,
  },
  TARIFF_UNSIGNED: {
    cause: 'A tariff was to be published without saying who answers for it, or why.',
    cure: 'Give the name of a person and a note: `--by PERSON --note TEXT`.',
    counter: 'tollgrid_errors_total',
    http: 422,
    exit: 2,
  },
  TARIFF_PUBLISHED: {
    cause:
      'A tariff with this name and effective date is published already, with other content; nothing published is edited.',
    cure: 'Give the new prices a new effective date; a mistake is corrected by a revision beside it: `tollgrid tariff publish FILE --correct --by PERSON --note TEXT`.',
    counter: 'tollgrid_errors_total',
    http: 409,
    exit: 1,
  },
  TARIFF_CORRECTS_NOTHING: {
    cause: 'A correction was to be published of a name and effective date that were never published.',
    cure: 'Check name and date with `tollgrid tariff list`, or publish it without `--correct`.',
    counter: 'tollgrid_errors_total',
    http: 409,
    exit: 1,
  },
  TARIFF_UNKNOWN: {
    cause: 'No tariff is published or kept as a draft under this name, date and revision.',
    cure: 'Write NAME@YYYY-MM-DD, with #2 for a revision or #draft for a draft; `tollgrid tariff list` shows them.',
    counter: 'tollgrid_errors_total',
    http: 404,
    exit: 1,
  },
  CANARY_BUSY: {
    cause: 'A draft is being tried on real usage just now; one at a time is.',
    cure: 'Wait until it is done, or cancel it.',
    counter: 'tollgrid_errors_total',
    http: 409,
    exit: 3,
  },
  CANARY_ENDED: {
    cause:
      'The process that tried a draft on real usage ended before it was done: it was cancelled, killed, or out of memory.',
    cure: 'Try again, for a shorter time or for some accounts.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  RATE_NO_TARIFF: {
    cause: 'The subscription names a tariff that was never published.',
    cure: 'Publish the tariff or correct the name in the registry, then recycle.',
    ...suspended,
  },
  RATE_NO_VERSION: {
    cause: 'The usage is older than the first version of its tariff.',
    cure: 'Publish a version that is effective on that day, then recycle.',
    ...suspended,
  },
  RATE_WRONG_SERVICE: {
    cause: 'The tariff prices another service than the usage is of, for example calls instead of megabytes.',
    cure: 'Give the subscription a tariff for this service, then recycle.',
    ...suspended,
  },
  RATE_NO_ZONE: {
    cause: 'No prefix of the tariff matches the other party.',
    cure: 'Add the prefix to a zone in a new version of the tariff (the empty prefix matches everything), then recycle.',
    ...suspended,
  },
  RATE_NO_REGISTER: {
    cause: 'The tariff prices by register and does not know the register of this reading.',
    cure: 'Add the register to the tariff, or correct its code in the source, then recycle.',
    ...suspended,
  },
  RATE_NO_PRICE: {
    cause: 'No rule of the tariff matches the zone, the time band and what the rules ask of the record.',
    cure: 'Add a rule in a new version of the tariff, then recycle.',
    ...suspended,
  },
  RATE_NO_SERIES_PRICE: {
    cause: 'The series of prices that the tariff names has none for the time of the usage.',
    cure: 'Publish the tariff again with a file that has the price, then recycle.',
    ...suspended,
  },
  RATE_NO_CALORIFIC: {
    cause: 'A gas tariff has no calorific value, or no correction factor, for a day of the usage or for its area.',
    cure: 'Publish the tariff again with a file that has the day and the area, then recycle.',
    ...suspended,
  },
  RATE_ATTRIBUTE: {
    cause:
      'A tariff needs an attribute of the usage point or its account to work out the quantity: it is missing or no number.',
    cure: 'Put it into the registry with the day from which it holds, then recycle.',
    ...suspended,
  },
  RATE_QUANTITY: {
    cause: 'The quantity is negative or not a whole number of base units.',
    cure: 'Correct the record or the format that reads it, then recycle.',
    ...suspended,
  },
  RATE_OVERFLOW: {
    cause: 'The quantity or the amount is too large to be held exactly.',
    cure: 'Check the quantity in the record; if it is right, split the usage.',
    ...suspended,
  },
  SETTLE_ATTRIBUTE: {
    cause:
      'A tariff needs an attribute of a subscription or account that is missing, no number, zero where it divides, or in no category.',
    cure: 'Put it into the registry with the day from which it holds, or correct it; then settle again.',
    ...unsettled,
  },
  SETTLE_CURRENCY: {
    cause: 'The lines of a tariff are in another currency than the account.',
    cure: 'Add `exchange` to `period` of the tariff, or give the subscription a tariff in its currency; then settle again.',
    ...unsettled,
  },
  SETTLE_NO_RATE: {
    cause: 'A tariff has no rate of exchange for the day of a cycle.',
    cure: 'Publish the tariff with a rate from that day on or earlier, then settle again.',
    ...unsettled,
  },
  SETTLE_RULE_UNKNOWN: {
    cause: 'Settlement cannot tell which of the rules with `when` priced a usage: its charge does not say so.',
    cure: 'Make the charges again with `tollgrid rebuild`: they then say it. Where usage is divided and more rules of other bands than a charge can name have other conditions, publish a version whose bands ask the same, or that rounds on the record.',
    ...unsettled,
  },
  SETTLE_PERIOD_INVALID: {
    cause: 'A period was not given as a month.',
    cure: 'Write the period as `yyyy-mm`, for example `2026-10`.',
    counter: 'tollgrid_errors_total',
    http: 422,
    exit: 2,
  },
} satisfies Record<string, ErrorEntry>;
