/** What rating writes into the `code` column. */
import { errorNo } from '../../platform/errors.ts';

export const RateCode = {
  noTariff: errorNo('RATE_NO_TARIFF'),
  noVersion: errorNo('RATE_NO_VERSION'),
  wrongService: errorNo('RATE_WRONG_SERVICE'),
  noZone: errorNo('RATE_NO_ZONE'),
  noRegister: errorNo('RATE_NO_REGISTER'),
  noPrice: errorNo('RATE_NO_PRICE'),
  noSeriesPrice: errorNo('RATE_NO_SERIES_PRICE'),
  noCalorific: errorNo('RATE_NO_CALORIFIC'),
  attribute: errorNo('RATE_ATTRIBUTE'),
  quantity: errorNo('RATE_QUANTITY'),
  ruleUnknown: errorNo('SETTLE_RULE_UNKNOWN'),
  overflow: errorNo('RATE_OVERFLOW'),
} as const;
