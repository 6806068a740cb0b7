/** The calls of one day, before they take the form of any file. */
import { createRandom, type Random } from '../../../platform/random.ts';
import { createSchedule } from '../calls/schedule.ts';
import { MOVED_NUMBER, OWN_PREFIX, TOLL_FREE_NUMBER, type Customer } from './customers.ts';

export interface Call {
  caller: string;
  called: string;
  answerMs: number;
  /** Talking time; 0 when nobody answered. */
  seconds: number;
  /** Ringing before the answer. */
  ringing: number;
}

export interface ExchangeCall extends Call {
  kind: 'originating' | 'terminating' | 'transit';
  /** Trunk groups; empty inside the exchange. */
  trunkIn: string;
  trunkOut: string;
}

/** Where people call: prefix, share in percent, trunk group of the route, digits of a whole number (12 in Ukraine). */
const DESTINATIONS: readonly { prefix: string; share: number; trunk: string; digits?: number }[] = [
  { prefix: OWN_PREFIX, share: 38, trunk: '' },
  { prefix: '38044', share: 8, trunk: 'CITY-1' },
  { prefix: '38067', share: 7, trunk: 'NT-1' },
  { prefix: '38097', share: 6, trunk: 'NT-1' },
  { prefix: '38050', share: 6, trunk: 'NT-1' },
  { prefix: '38099', share: 4, trunk: 'NT-1' },
  { prefix: '38063', share: 4, trunk: 'NT-2' },
  { prefix: '38032', share: 6, trunk: 'LD-1' },
  { prefix: '38048', share: 5, trunk: 'LD-1' },
  { prefix: '38057', share: 5, trunk: 'LD-1' },
  { prefix: TOLL_FREE_NUMBER, share: 2, trunk: '' },
  { prefix: '48', share: 3, trunk: 'INT-1', digits: 11 },
  { prefix: '49', share: 2, trunk: 'INT-1' },
  { prefix: '420', share: 2, trunk: 'INT-1' },
  { prefix: '1', share: 2, trunk: 'INT-1', digits: 11 },
];
const UKRAINIAN_DIGITS = 12;
const RINGING_SECONDS_MAX = 25;

function digits(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += String(random.below(10));
  return text;
}

function destination(random: Random, own: readonly string[]): { called: string; trunk: string } {
  let share = random.below(100);
  const place = DESTINATIONS.find((one) => (share -= one.share) < 0)!;
  if (place.prefix === OWN_PREFIX) return { called: random.pick(own), trunk: '' };
  if (place.prefix === TOLL_FREE_NUMBER) return { called: TOLL_FREE_NUMBER, trunk: '' };
  // A number that starts with 2 to 9 is never mistaken for another prefix of the list.
  const rest = (place.digits ?? UKRAINIAN_DIGITS) - place.prefix.length;
  return { called: place.prefix + String(random.between(2, 9)) + digits(random, rest - 1), trunk: place.trunk };
}

/** Mostly short, some long, seldom an hour. */
function talkingSeconds(random: Random): number {
  return 1 + random.below(20 + random.below(random.chance(3) ? 3600 : 420));
}

/** `count` calls of a day, in ascending order of answer. */
function spread<T>(random: Random, midnight: number, count: number, make: () => T): (T & { answerMs: number })[] {
  const schedule = createSchedule(1, count);
  return Array.from({ length: count }, (_, index) => ({
    ...make(),
    answerMs: midnight + schedule.secondOf(index, random.uint32()) * 1000,
  })).sort((left, right) => left.answerMs - right.answerMs);
}

/** Numbers of single lines: those the exchange serves and bills one by one. */
function ownNumbers(customers: readonly Customer[]): string[] {
  return customers.flatMap((customer) => (customer.phone === undefined ? [] : [customer.phone]));
}

/** What the town's exchange records: from its lines, to its lines, and through it. */
export function exchangeCalls(seed: number, midnight: number, customers: readonly Customer[]): ExchangeCall[] {
  const own = ownNumbers(customers);
  const random = createRandom(seed, 'exchange');
  const times = (): { seconds: number; ringing: number } => ({
    seconds: random.chance(6) ? 0 : talkingSeconds(random),
    ringing: random.between(1, RINGING_SECONDS_MAX),
  });
  return spread<Omit<ExchangeCall, 'answerMs'>>(random, midnight, own.length * 4, () => {
    const part = random.below(100);
    if (part < 68) {
      const { called, trunk } = destination(random, own);
      const caller = random.chance(2) ? MOVED_NUMBER : random.pick(own);
      return { kind: 'originating', caller, called, trunkIn: '', trunkOut: trunk, ...times() };
    }
    const trunkIn = random.pick(['NT-1', 'NT-2']);
    if (part < 92) {
      const caller = `380${random.pick(['67', '97', '50', '63'])}${digits(random, 7)}`;
      return { kind: 'terminating', caller, called: random.pick(own), trunkIn, trunkOut: '', ...times() };
    }
    const caller = `38067${digits(random, 7)}`;
    return { kind: 'transit', caller, called: `38044${digits(random, 7)}`, trunkIn, trunkOut: 'CITY-1', ...times() };
  });
}

/** Calls that leave a branch exchange; every tenth is not answered. */
export function branchCalls(
  seed: number,
  stream: string,
  midnight: number,
  count: number,
  callers: readonly string[],
): Call[] {
  const random = createRandom(seed, stream);
  return spread(random, midnight, count, () => {
    const answered = !random.chance(10);
    return {
      caller: random.pick(callers),
      called: destination(random, [`${OWN_PREFIX}0012`, `${OWN_PREFIX}0013`]).called,
      seconds: answered ? talkingSeconds(random) : 0,
      ringing: random.between(1, RINGING_SECONDS_MAX),
    };
  });
}
