/** Asterisk `Master.csv` lines (cdr_csv), written as bytes. */
import type { Random } from '../../../platform/random.ts';
import type { ByteWriter } from './byte-writer.ts';
import { createSchedule } from './schedule.ts';
import type { NumberingPlan } from './prefixes.ts';

export interface CallLineOptions {
  records: number;
  accounts: number;
  days: number;
  /** First day, `yyyy-mm-dd`, in the exchange's own time. */
  firstDay: string;
  uniqueId: boolean;
  unansweredPercent: number;
  garbagePercent: number;
}

export interface CallLineCounts {
  answered: number;
  unanswered: number;
  garbage: number;
}

/** The caller of account n is this number plus n: twelve digits. */
export const FIRST_CALLER = 380_442_000_000;
const CALLED_DIGITS = 12;
const DAY_SECONDS = 86_400;
const MAX_RINGING = 20;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const OPEN = text('"","');
const CONTEXT = text('","town","');
const CHANNEL = text('","SIP/');
const DESTINATION = text('","SIP/trunk","Dial","","');
const NEXT_TIME = text('","');
const NO_ANSWER_TIME = text('",,"');
const TIMES_END = text('",');
const ANSWERED = text(',"ANSWERED","DOCUMENTATION"');
const UNANSWERED = text(',"NO ANSWER","DOCUMENTATION"');
const UNIQUE_ID = text(',"');
const GARBAGE = [
  text('~~~ link down, record lost ~~~'),
  text('"","380442000001","49301234'),
  text(
    '"","380442000001","493012345678","town","380442000001","SIP/1","SIP/trunk","Dial","","2026-13-32 25:61:00"' +
      ',"2026-13-32 25:61:00","2026-13-32 25:61:00",60,60,"ANSWERED","DOCUMENTATION"',
  ),
  text(
    '"","380442000001","493012345678","town","380442000001","SIP/1","SIP/trunk","Dial","","2026-09-01 10:00:00"' +
      ',"2026-09-01 10:00:00","2026-09-01 10:01:00",60,sixty,"ANSWERED","DOCUMENTATION"',
  ),
];

/** Dates of the days that calls can start or end on, ready to copy. */
function dayTexts(firstDay: string, days: number): Uint8Array[] {
  const first = Date.parse(`${firstDay}T00:00:00Z`);
  return Array.from({ length: days }, (_, day) =>
    text(new Date(first + day * DAY_SECONDS * 1000).toISOString().slice(0, 10)),
  );
}

export async function writeCallLines(
  out: ByteWriter,
  random: Random,
  plan: NumberingPlan,
  options: CallLineOptions,
): Promise<CallLineCounts> {
  const counts = { answered: 0, unanswered: 0, garbage: 0 };
  const schedule = createSchedule(options.days, options.records);
  const days = dayTexts(options.firstDay, options.days + 2);
  const firstSecond = Date.parse(`${options.firstDay}T00:00:00Z`) / 1000;

  // The last call is still answered inside the span, so that its charge belongs to it.
  const lastStart = options.days * DAY_SECONDS - MAX_RINGING - 1;

  const time = (second: number): void => {
    const day = Math.floor(second / DAY_SECONDS);
    const rest = second - day * DAY_SECONDS;
    const hour = Math.floor(rest / 3600);
    const minute = Math.floor((rest - hour * 3600) / 60);
    out.copy(days[day]);
    out.byte(0x20);
    out.digits(hour, 2);
    out.byte(0x3a);
    out.digits(minute, 2);
    out.byte(0x3a);
    out.digits(rest - hour * 3600 - minute * 60, 2);
  };

  for (let index = 0; index < options.records; index++) {
    if (!out.ready) await out.flush();
    if (options.garbagePercent > 0 && random.chance(options.garbagePercent)) {
      counts.garbage++;
      out.copy(random.pick(GARBAGE));
      out.byte(0x0a);
      continue;
    }
    const caller = FIRST_CALLER + 1 + random.below(options.accounts);
    // A product of two uniform numbers favours the first prefixes, as real traffic favours few destinations.
    const prefix = Math.floor((random.below(plan.count) * random.uint32()) / 4294967296);
    const prefixStart = plan.offset[prefix];
    const prefixLength = plan.offset[prefix + 1] - prefixStart;
    const start = Math.min(lastStart, schedule.secondOf(index, random.uint32()));
    const answered = options.unansweredPercent === 0 || !random.chance(options.unansweredPercent);
    const ringing = 1 + random.below(MAX_RINGING);
    const talking = answered ? 1 + random.below(1 + random.below(600)) : 0;

    out.copy(OPEN);
    out.digits(caller);
    out.copy(NEXT_TIME);
    out.copy(plan.digits, prefixStart, prefixLength);
    out.randomDigits(random.uint32(), CALLED_DIGITS - prefixLength);
    out.copy(CONTEXT);
    out.digits(caller);
    out.copy(CHANNEL);
    out.digits(caller);
    out.copy(DESTINATION);
    time(start);
    if (answered) {
      out.copy(NEXT_TIME);
      time(start + ringing);
      out.copy(NEXT_TIME);
    } else {
      out.copy(NO_ANSWER_TIME);
    }
    time(start + ringing + talking);
    out.copy(TIMES_END);
    out.digits(ringing + talking);
    out.byte(0x2c);
    out.digits(talking);
    out.copy(answered ? ANSWERED : UNANSWERED);
    if (options.uniqueId) {
      out.copy(UNIQUE_ID);
      out.digits(firstSecond + start);
      out.byte(0x2e);
      out.digits(index + 1);
      out.byte(0x22);
    }
    out.byte(0x0a);
    if (answered) counts.answered++;
    else counts.unanswered++;
  }
  return counts;
}
