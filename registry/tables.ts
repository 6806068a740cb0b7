/** The registry's tables as Kysely sees them, and what each column holds about people. DDL: schemas/migrations. */
import type { Generated } from 'kysely';

export interface RegistryTables {
  party: { id: string; name: string; division: string };
  account: {
    id: string;
    no: number;
    party_id: string;
    currency: string;
    time_zone: string;
    division: string;
    /** JSON list of attributes. */
    attributes: string;
  };
  subscription: {
    id: string;
    no: number;
    account_no: number;
    usage_point: boolean;
    division: string;
    attributes: string;
  };
  identifier: {
    subscription_no: number;
    /** Place in the subscription's list. */
    position: number;
    kind: string;
    value: string;
    from_ms: number | null;
    to_ms: number | null;
    multiplier: number | null;
    digits: number | null;
  };
  tariff_assignment: {
    subscription_no: number;
    position: number;
    view: string;
    service: string;
    tariff: string;
    from_ms: number | null;
    to_ms: number | null;
  };
  /** One row. */
  meta: { one: Generated<boolean>; applied_entry: number; owner: string | null };
}

/**
 * Personal-data classes. `pseudonym`: an id that leads to a person only through other tables. `identity`: says who.
 * `address`: reaches a person or a home (numbers, logins, meters). `none`: says nothing about a person.
 */
export type PersonalDataClass = 'none' | 'pseudonym' | 'identity' | 'address';

export const PERSONAL_DATA: { [T in keyof RegistryTables]: Record<keyof RegistryTables[T], PersonalDataClass> } = {
  party: { id: 'pseudonym', name: 'identity', division: 'none' },
  account: {
    id: 'pseudonym',
    no: 'pseudonym',
    party_id: 'pseudonym',
    currency: 'none',
    time_zone: 'none',
    division: 'none',
    attributes: 'identity',
  },
  subscription: {
    id: 'pseudonym',
    no: 'pseudonym',
    account_no: 'pseudonym',
    usage_point: 'none',
    division: 'none',
    attributes: 'identity',
  },
  identifier: {
    subscription_no: 'pseudonym',
    position: 'none',
    kind: 'none',
    value: 'address',
    from_ms: 'none',
    to_ms: 'none',
    multiplier: 'none',
    digits: 'none',
  },
  tariff_assignment: {
    subscription_no: 'pseudonym',
    position: 'none',
    view: 'none',
    service: 'none',
    tariff: 'none',
    from_ms: 'none',
    to_ms: 'none',
  },
  meta: { one: 'none', applied_entry: 'none', owner: 'none' },
};
