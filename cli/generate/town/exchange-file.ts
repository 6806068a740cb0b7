/** The town's exchange: a header, a line for each call, a trailer with their number and the sum of their seconds. */
import type { ExchangeCall } from './calls.ts';
import { TOLL_FREE_NUMBER } from './customers.ts';
import { dialled, nationalNumber } from './dialled.ts';
import { clockText, localTime } from './local-time.ts';
import { cp1251, FileBuilder, type TownFile } from './outcome.ts';

const EXCHANGE = 'TOWN-1';
const DIRECTIONS = { originating: 'O', terminating: 'T', transit: 'X' } as const;
/** A remark of the operator's desk: the file is in cp1251. */
const REMARK = 'через оператора';

interface DayCall extends ExchangeCall {
  /** Number of the call within its day. */
  no: number;
}

/** `15.10.2026 08:12:03`. */
function moment(utcMs: number): string {
  const time = localTime(utcMs);
  return `${time.day}.${time.month}.${time.year} ${clockText(time)}`;
}

function line(call: DayCall): string {
  const columns = [
    'D',
    EXCHANGE,
    String(call.no),
    call.seconds > 0 ? DIRECTIONS[call.kind] : 'N',
    nationalNumber(call.caller),
    dialled(call.called),
    moment(call.answerMs),
    String(call.seconds),
    call.trunkIn,
    call.trunkOut,
    call.no % 97 === 0 ? REMARK : '',
  ];
  return `${columns.join(';')}\n`;
}

/**
 * Faults: see `examples/town/README.md`. The trailer declares what the exchange wrote, so its sums include the lines
 * that were spoilt later.
 */
export function exchangeFile(source: string, name: string, calls: readonly ExchangeCall[]): TownFile {
  const file = new FileBuilder();
  const numbered = calls.map((call, index) => ({ ...call, no: index + 1 }));
  let lines = 0;
  let seconds = 0;
  const count = (call: ExchangeCall): void => {
    lines++;
    seconds += call.seconds;
  };
  const time = localTime(calls[0].answerMs);
  file.add(`H;${EXCHANGE};${time.year}-${time.month}-${time.day}\n`, 'absorbed');

  // The caller of a toll-free number does not matter: such calls would hide an unknown one.
  const outgoing = numbered.filter(
    ({ kind, seconds, called }) => kind === 'originating' && seconds > 0 && called !== TOLL_FREE_NUMBER,
  );
  const spoilt = new Map<DayCall, { text: string; code: string }>();
  const spoil = (place: number, code: string, change: (call: DayCall) => string): void => {
    const call = outgoing[place];
    spoilt.set(call, { text: change(call), code });
  };
  spoil(50, 'DECODE_DATE', (call) => line(call).replace(/;\d\d\.\d\d\.2/, ';31.02.2'));
  spoil(80, 'DECODE_COLUMNS', (call) => line(call).replace(`;${call.seconds};`, ';'));
  spoil(110, 'DECODE_REQUIRED', (call) => line(call).replace(`;${call.no};`, ';;'));
  spoil(140, 'DECODE_RECORD_TYPE', () => '#####@@!! 0000\n');
  spoil(170, 'GUIDE_NO_OWNER', (call) => line({ ...call, caller: '380442207777' }));
  spoil(200, 'GUIDE_NO_OWNER', (call) => line({ ...call, caller: '380442207778' }));
  spoil(230, 'RATE_NO_ZONE', (call) => line({ ...call, called: '380900123456' }));
  spoil(260, 'RATE_NO_ZONE', (call) => line({ ...call, called: '881612345678' }));

  for (const call of numbered) {
    const fault = spoilt.get(call);
    if (fault !== undefined) file.addFault(fault.text, fault.code);
    else file.add(line(call), call.seconds > 0 ? 'rated' : 'filtered');
    count(call);
  }
  const sound = outgoing.filter((call) => !spoilt.has(call));
  for (const place of [10, 20, 30, 40]) {
    file.add(line(sound[place]), 'duplicate');
    count(sound[place]);
  }
  const longer = { ...sound[60], seconds: sound[60].seconds + 30 };
  file.addFault(line(longer), 'DUPLICATE_CONFLICT');
  count(longer);
  file.add(`T;${EXCHANGE};${lines};${seconds}\n`, 'absorbed');
  return file.build(source, name, cp1251);
}
