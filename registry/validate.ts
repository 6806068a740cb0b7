/** What can be said about one object without looking at the others. */
import { Compile } from 'typebox/compile';
import {
  AccountInputSchema,
  PartyInputSchema,
  SubscriptionInputSchema,
  type IdentifierInput,
  type RegistryInput,
} from '../schemas/registry.ts';
import { schemaMistakes } from '../schemas/schema-mistakes.ts';
import { TollgridError, type ErrorCode } from '../platform/errors.ts';
import { KEY_BYTES_MAX } from './lookup-keys.ts';
import { isZone } from './moments.ts';

/** A registry input and where it came from (`town.csv:17`), for messages. */
export interface Located<T extends RegistryInput = RegistryInput> {
  input: T;
  at?: string;
}

const SCHEMAS = {
  party: Compile(PartyInputSchema),
  account: Compile(AccountInputSchema),
  subscription: Compile(SubscriptionInputSchema),
};
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));
const DIVISION = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/i;
const RANGE = /^(\d{1,15})-(\d{1,15})$/;
const UNPRINTABLE = /[\u0000-\u001f\u007f]|^\s|\s$/;

/** Everything wrong with it, in words; empty when nothing is. */
export function inputMistakes(input: RegistryInput): string[] {
  const schema = SCHEMAS[input.kind] as (typeof SCHEMAS)[keyof typeof SCHEMAS] | undefined;
  if (schema === undefined) return ['`kind` must be one of party, account, subscription'];
  if (!schema.Check(input)) {
    return schemaMistakes(schema.Errors(input)).map(({ path, message }) =>
      path === '' ? message : `${path}: ${message}`,
    );
  }
  const mistakes: string[] = [];
  if (UNPRINTABLE.test(input.id)) mistakes.push('id has control characters or blanks at an end');
  if (input.division !== undefined && !DIVISION.test(input.division)) {
    mistakes.push(`division \`${input.division}\` is not a path such as root/north`);
  }
  if (input.kind === 'account') {
    if (!CURRENCIES.has(input.currency)) mistakes.push(`currency \`${input.currency}\` is not an ISO 4217 code`);
    if (!isZone(input.timeZone)) mistakes.push(`time zone \`${input.timeZone}\` is not an IANA zone`);
  }
  if (input.kind === 'subscription') mistakes.push(...(input.identifiers ?? []).flatMap(identifierMistakes));
  return mistakes;
}

function identifierMistakes(identifier: IdentifierInput): string[] {
  const { kind, value } = identifier;
  const mistakes: string[] = [];
  if (kind === 'number') {
    if (!/^\d{1,15}$/.test(value)) mistakes.push(`number \`${value}\` must be 1 to 15 digits without plus`);
  } else if (kind === 'numberRange') {
    const [, low, high] = RANGE.exec(value) ?? [];
    if (low === undefined || high === undefined || low.length !== high.length || low > high) {
      mistakes.push(`number range \`${value}\` must be \`from-to\`, digits of equal length, the smaller first`);
    }
  } else if (UNPRINTABLE.test(value)) {
    mistakes.push(`${kind} \`${JSON.stringify(value)}\` has control characters or blanks at an end`);
  } else if (Buffer.byteLength(value) > KEY_BYTES_MAX) {
    mistakes.push(`${kind} \`${value}\` is longer than ${KEY_BYTES_MAX} bytes`);
  }
  if (kind !== 'meter' && (identifier.multiplier !== undefined || identifier.digits !== undefined)) {
    mistakes.push(`${kind} \`${value}\`: only a meter has a multiplier and digits`);
  }
  return mistakes;
}

/** The identity of an object among all others. */
export function keyOf(input: Pick<RegistryInput, 'kind' | 'id'>): string {
  return `${input.kind} ${input.id}`;
}

/** Who a mistake is about, and where it was written. */
export function placeOf({ input, at }: Located): string {
  const who = keyOf(input);
  return at === undefined ? who : `${at}: ${who}`;
}

const SHOWN = 50;

/** One error for a list of mistakes, one per line. They may name people, so `details` says only how many there are. */
export function listError(code: ErrorCode, mistakes: readonly string[]): TollgridError {
  const shown = mistakes.slice(0, SHOWN);
  if (mistakes.length > SHOWN) shown.push(`and ${mistakes.length - SHOWN} more`);
  return new TollgridError(code, shown.join('\n'), { mistakes: mistakes.length });
}
