export { TariffBook, versionAt, type BookVersion } from './book.ts';
export { rateUsage } from './rate-usage.ts';
export { explainRating, exactMicros, type Explanation, type Step } from './explain.ts';
export { priceUsage, toMoney } from './price.ts';
export { Priced, type Segment } from './priced.ts';
