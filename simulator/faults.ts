/** What goes wrong, and how often. */
import { TollgridError } from '../platform/errors.ts';

export interface Faults {
  /** Percent of first attempts that are lost: the request, or its answer. */
  loss: number;
  /** Percent of events that come again a little later. */
  repeats: number;
  /** Percent of events that are held back and overtaken. */
  disorder: number;
  /** Clocks of devices are wrong by up to so many seconds, each by its own. */
  drift: number;
  /** How often everything restarts: sessions end and begin anew, all meters send at once. */
  storms: number;
  /** Percent of Stops that are never sent; with them a storm is a power cut, without Accounting-Off where that is lost too. */
  stops: number;
  /** In the middle fifth of the time everything comes so many times as fast. */
  burst: number;
}

export const NO_FAULTS: Faults = { loss: 0, repeats: 0, disorder: 0, drift: 0, storms: 0, stops: 0, burst: 1 };

const LIMITS: Readonly<Record<keyof Faults, readonly [number, number]>> = {
  loss: [0, 90],
  repeats: [0, 100],
  disorder: [0, 100],
  drift: [0, 86_400],
  storms: [0, 1000],
  stops: [0, 100],
  burst: [1, 1000],
};

/** `loss=5,repeats=3`. Error: ARGUMENTS_INVALID. */
export function parseFaults(text: string): Faults {
  const faults = { ...NO_FAULTS };
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [name, value] = part.split('=').map((one) => one.trim());
    const limits = Object.hasOwn(LIMITS, name) ? LIMITS[name as keyof Faults] : undefined;
    if (limits === undefined) {
      throw new TollgridError('ARGUMENTS_INVALID', `"${name}" is no fault: ${Object.keys(LIMITS).join(', ')}`);
    }
    const amount = /^\d{1,6}(\.\d{1,3})?$/.test(value ?? '') ? Number(value) : NaN;
    if (!(amount >= limits[0] && amount <= limits[1])) {
      throw new TollgridError('ARGUMENTS_INVALID', `${name} must be a number from ${limits[0]} to ${limits[1]}`);
    }
    faults[name as keyof Faults] = amount;
  }
  return faults;
}
