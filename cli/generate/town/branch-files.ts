/** Call records of the two branch exchanges: Asterisk `Master.csv` and FreeSWITCH mod_cdr_csv (template "example"). */
import { createRandom, type Random } from '../../../platform/random.ts';
import type { Call } from './calls.ts';
import { dialled, nationalNumber } from './dialled.ts';
import { stampText } from './local-time.ts';
import { FileBuilder, type TownFile } from './outcome.ts';

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

function startMs(call: Call): number {
  return call.answerMs - call.ringing * 1000;
}

function endMs(call: Call): number {
  return call.answerMs + call.seconds * 1000;
}

/** cdr_csv without unique id: 16 columns; the answer of an unanswered call is empty and not quoted. */
function asteriskLine(call: Call, channel: number): string {
  const answered = call.seconds > 0;
  const extension = call.caller.slice(-4);
  const caller = nationalNumber(call.caller);
  const columns = [
    quoted(''),
    quoted(caller),
    quoted(dialled(call.called)),
    quoted('wards'),
    quoted(`"Ward ${extension}" <${caller}>`),
    quoted(`SIP/${extension}-${channel.toString(16).padStart(8, '0')}`),
    quoted(`SIP/trunk-${(channel + 1).toString(16).padStart(8, '0')}`),
    quoted('Dial'),
    quoted(`SIP/trunk/${dialled(call.called)},60`),
    quoted(stampText(startMs(call))),
    answered ? quoted(stampText(call.answerMs)) : '',
    quoted(stampText(endMs(call))),
    String(call.ringing + call.seconds),
    String(call.seconds),
    quoted(answered ? 'ANSWERED' : 'NO ANSWER'),
    quoted('DOCUMENTATION'),
  ];
  return `${columns.join(',')}\n`;
}

/** Faults: one line of noise, one impossible date, one extension outside the clinic's numbers. */
export function asteriskFile(source: string, name: string, calls: readonly Call[]): TownFile {
  const file = new FileBuilder();
  let answered = 0;
  calls.forEach((call, index) => {
    const line = asteriskLine(call, index * 2);
    // Only an answered call is read closely enough to be refused.
    const place = call.seconds > 0 ? ++answered : 0;
    if (place === 20) file.addFault('*** link reset ***\n', 'DECODE_COLUMNS');
    if (place === 40) file.addFault(line.replaceAll(/\d{4}-\d\d-\d\d /g, '2026-02-30 '), 'DECODE_DATE');
    if (place === 60) file.addFault(line.replaceAll(call.caller.slice(3), '442209777'), 'GUIDE_NO_OWNER');
    file.add(line, call.seconds > 0 ? 'rated' : 'filtered');
  });
  return file.build(source, name);
}

const HEX = '0123456789abcdef';

function uuid(random: Random): string {
  const part = (length: number): string => Array.from({ length }, () => HEX[random.below(16)]).join('');
  return `${part(8)}-${part(4)}-4${part(3)}-a${part(3)}-${part(12)}`;
}

/** All columns quoted; quotes inside are not escaped, so there are none. */
function freeswitchLine(call: Call, accountCode: string, id: string, otherLeg: string): string {
  const answered = call.seconds > 0;
  const columns = [
    `Room ${call.caller}`,
    call.caller,
    dialled(call.called),
    'hotel',
    stampText(startMs(call)),
    answered ? stampText(call.answerMs) : '',
    stampText(endMs(call)),
    String(call.ringing + call.seconds),
    String(call.seconds),
    answered ? 'NORMAL_CLEARING' : 'NO_ANSWER',
    id,
    otherLeg,
    accountCode,
    'PCMA',
    'PCMA',
  ];
  return `${columns.map((column) => `"${column}"`).join(',')}\n`;
}

/** Faults: two records sent twice, one conflict (same id, other duration), one unknown account code, one torn line. */
export function freeswitchFile(source: string, name: string, seed: number, calls: readonly Call[]): TownFile {
  const random = createRandom(seed, 'uuid');
  const file = new FileBuilder();
  const answered: { call: Call; line: string; id: string; otherLeg: string }[] = [];
  calls.forEach((call, index) => {
    const id = uuid(random);
    const otherLeg = uuid(random);
    const line = freeswitchLine(call, call.caller.startsWith('1') ? 'hotel-office' : 'hotel-rooms', id, otherLeg);
    file.add(line, call.seconds > 0 ? 'rated' : 'filtered');
    if (call.seconds > 0) answered.push({ call, line, id, otherLeg });
    if (index === 30) file.addFault(line.slice(0, 60) + '\n', 'DECODE_COLUMNS');
  });
  file.add(answered[5].line, 'duplicate');
  file.add(answered[9].line, 'duplicate');
  const { call, id, otherLeg } = answered[12];
  const longer = { ...call, seconds: call.seconds + 60 };
  file.addFault(
    freeswitchLine(longer, call.caller.startsWith('1') ? 'hotel-office' : 'hotel-rooms', id, otherLeg),
    'DUPLICATE_CONFLICT',
  );
  file.addFault(freeswitchLine(call, 'hotel-sauna', uuid(random), uuid(random)), 'GUIDE_NO_OWNER');
  return file.build(source, name);
}
