/** Whose devices are simulated: numbers, logins and meters that the registry knows, each with its account. */
import type { Located } from '../registry/index.ts';

export interface Subjects {
  numbers: readonly string[];
  logins: readonly string[];
  meters: readonly string[];
  /** Number, login or meter → account. */
  accounts: ReadonlyMap<string, string>;
}

/**
 * From registry objects. Only what one customer has all the time; meters without a ratio, so that their own watt-hours are
 * those of the ledger.
 */
export function subjectsOf(objects: readonly Located[]): Subjects {
  const found = { number: [] as string[], login: [] as string[], meter: [] as string[] };
  const accounts = new Map<string, string>();
  for (const { input } of objects) {
    if (input.kind !== 'subscription') continue;
    const services = (input.tariffs ?? []).filter(({ view }) => view === 'retail').map(({ service }) => service);
    for (const { kind, value, from, to, multiplier } of input.identifiers ?? []) {
      if (from !== undefined || to !== undefined || (multiplier ?? 1) !== 1) continue;
      const fits =
        (kind === 'number' && services.includes('voice') && !/^380800/.test(value)) ||
        (kind === 'login' && services.includes('data')) ||
        (kind === 'meter' && services.includes('electricity'));
      if (!fits) continue;
      found[kind].push(value);
      accounts.set(value, input.accountId);
    }
  }
  return { numbers: found.number, logins: found.login, meters: found.meter, accounts };
}

/** The first so many logins and meters. */
export function limitSubjects(subjects: Subjects, subscribers?: number, meters?: number): Subjects {
  return {
    ...subjects,
    numbers: subjects.numbers.slice(0, subscribers),
    logins: subjects.logins.slice(0, subscribers),
    meters: subjects.meters.slice(0, meters),
  };
}
