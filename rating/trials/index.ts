export { requirePassing, testCompiled, testPublication, testTariff, type TariffTestResult } from './run.ts';
