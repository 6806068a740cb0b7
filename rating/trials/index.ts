export { requirePassing, testPublication, testTariff, type TariffTestResult } from './run.ts';
