/**
 * Parties, accounts, subscriptions and usage points, as they stand in the log: whole objects, after each change.
 * Numbers (`no`) are dense, given once by the registry and written into the log, so a replay gives the same ones.
 */
import type { ServiceName } from '../schemas/columns/usage-columns.ts';
import type { IdentifierKind } from '../schemas/identifier-kinds.ts';

export { IDENTIFIER_KINDS, type IdentifierKind } from '../schemas/identifier-kinds.ts';

/** Valid in [from, to): UTC milliseconds; null = open. */
export interface Validity {
  fromMs: number | null;
  toMs: number | null;
}

export interface Party {
  kind: 'party';
  id: string;
  name: string;
  division: string;
}

/** A fact that prices depend on: persons, m2, contracted kW, category of a benefit, day of the cycle. */
export interface Attribute extends Validity {
  name: string;
  /** As written; the tariff says what it reads in it. */
  value: string;
}

export interface Account {
  kind: 'account';
  /** The operator's account number, for example `A-1001`. */
  id: string;
  no: number;
  partyId: string;
  currency: string;
  timeZone: string;
  division: string;
  /** By (name, start); left out when there are none. */
  attributes?: Attribute[];
}

export interface Identifier extends Validity {
  kind: IdentifierKind;
  /** Numbers in E.164 digits without plus; ranges as `from-to` of equal length. */
  value: string;
  /** Meters: transformer ratio × dial constant; 1 when direct. */
  multiplier?: number;
  /** Meters: integer digits of the register, for roll-over. */
  digits?: number;
}

export interface TariffAssignment extends Validity {
  view: string;
  service: ServiceName;
  /** Tariff name; the version is the one effective at the event's time. */
  tariff: string;
}

export interface Subscription {
  kind: 'subscription';
  id: string;
  no: number;
  accountNo: number;
  /** A usage point (electricity, water...) is a subscription with a place. */
  usagePoint: boolean;
  division: string;
  identifiers: Identifier[];
  tariffs: TariffAssignment[];
  /** By (name, start); left out when there are none. */
  attributes?: Attribute[];
}

export type RegistryChange = Party | Account | Subscription;
