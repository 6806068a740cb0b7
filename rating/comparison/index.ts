export { compareTariffs, type PartDifference, type TariffChange, type TariffDifference } from './compare.ts';
