/** Meter readings of one day: register values at both ends of it, and quarter hours. */
import { createRandom } from '../../../platform/random.ts';
import type { Customer } from './customers.ts';

export interface RegisterValue {
  meter: string;
  /** OBIS code. */
  register: string;
  atMs: number;
  /** Thousandths of the unit the register shows. */
  thousandths: number;
}

export interface IntervalValue {
  meter: string;
  startMs: number;
  /** Watt-hours before the transformer ratio. */
  wattHours: number;
}

export const DAY_MS = 86_400_000;
export const QUARTER_MS = 900_000;

/** Day register 1.8.1 and night register 1.8.2 of household meters, in thousandths of a kWh. */
export function electricityRegisters(seed: number, midnight: number, customers: readonly Customer[]): RegisterValue[] {
  const random = createRandom(seed, 'electricity');
  return customers.flatMap((customer) => {
    if (customer.electricity?.kind !== 'dayNight') return [];
    const meter = customer.electricity.meter;
    return ['1.8.1', '1.8.2'].flatMap((register) => {
      const before = random.between(500_000, 40_000_000);
      const used = register === '1.8.1' ? random.between(800, 14_000) : random.between(200, 6_000);
      return [
        { meter, register, atMs: midnight, thousandths: before },
        { meter, register, atMs: midnight + DAY_MS, thousandths: before + used },
      ];
    });
  });
}

/** Cold water, in thousandths of a cubic metre (litres). */
export function waterRegisters(seed: number, midnight: number, customers: readonly Customer[]): RegisterValue[] {
  const random = createRandom(seed, 'water');
  return customers.flatMap((customer) => {
    if (customer.waterMeter === undefined) return [];
    const before = random.between(20_000, 3_000_000);
    const used = customer.business ? random.between(200, 4_000) : random.between(60, 700);
    return [
      { meter: customer.waterMeter, register: 'total', atMs: midnight, thousandths: before },
      { meter: customer.waterMeter, register: 'total', atMs: midnight + DAY_MS, thousandths: before + used },
    ];
  });
}

/** Ninety-six quarter hours for each interval meter. */
export function intervals(seed: number, midnight: number, customers: readonly Customer[]): IntervalValue[] {
  const random = createRandom(seed, 'intervals');
  return customers.flatMap((customer) => {
    if (customer.electricity?.kind !== 'interval') return [];
    const meter = customer.electricity.meter;
    return Array.from({ length: 96 }, (_, quarter) => {
      const hour = Math.floor(quarter / 4);
      const open = hour >= 7 && hour < 22;
      return { meter, startMs: midnight + quarter * QUARTER_MS, wattHours: random.between(40, 80) * (open ? 4 : 1) };
    });
  });
}
