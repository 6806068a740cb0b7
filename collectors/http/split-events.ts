/** Cuts a request body into events without decoding it: what is stored are the bytes that came. */
import { TollgridError } from '../../platform/errors.ts';
import { Byte, JsonScanner } from './json-scanner.ts';

export interface EventLimits {
  /** Events in one request. */
  countMax: number;
  /** Bytes of one event. */
  eventBytesMax: number;
  /** Containers inside each other, counted within one event. */
  depthMax: number;
}

export const DEFAULT_EVENT_LIMITS: EventLimits = { countMax: 10_000, eventBytesMax: 262_144, depthMax: 32 };

/** The elements of a JSON array, each on one line. Throws BODY_NOT_JSON, BODY_TOO_DEEP, BODY_TOO_LARGE. */
export function splitArray(body: Uint8Array, limits: EventLimits): Uint8Array[] {
  const scanner = new JsonScanner(body, limits.depthMax);
  const events: Uint8Array[] = [];
  scanner.skipSpace();
  scanner.expect(Byte.openBracket);
  scanner.skipSpace();
  if (!scanner.take(Byte.closeBracket)) {
    do {
      scanner.skipSpace();
      const start = scanner.at;
      scanner.skipValue(0);
      addEvent(events, onOneLine(body.subarray(start, scanner.at)), limits);
      scanner.skipSpace();
    } while (scanner.take(Byte.comma));
    scanner.expect(Byte.closeBracket);
  }
  expectEnd(scanner);
  return events;
}

/** The body as one event on one line. Throws as `splitArray`. */
export function singleEvent(body: Uint8Array, limits: EventLimits): Uint8Array {
  const scanner = new JsonScanner(body, limits.depthMax);
  scanner.skipSpace();
  const start = scanner.at;
  scanner.skipValue(0);
  const event = onOneLine(body.subarray(start, scanner.at));
  expectEnd(scanner);
  checkSize(event, 0, limits);
  return event;
}

/** NDJSON: the lines that are not blank, without their line ends. What a line holds is not looked at. */
export function splitLines(body: Uint8Array, limits: EventLimits): Uint8Array[] {
  const events: Uint8Array[] = [];
  for (let start = 0; start < body.length;) {
    const feed = body.indexOf(Byte.lineFeed, start);
    const next = feed < 0 ? body.length : feed + 1;
    let end = feed < 0 ? body.length : feed;
    while (end > start && isBlank(body[end - 1])) end--;
    if (end > start) addEvent(events, body.subarray(start, end), limits);
    start = next;
  }
  return events;
}

/** Why the bytes are not one JSON value within the depth limit; null when they are. */
export function faultOf(event: Uint8Array, limits: EventLimits): string | null {
  const scanner = new JsonScanner(event, limits.depthMax);
  try {
    scanner.skipSpace();
    scanner.skipValue(0);
    expectEnd(scanner);
    return null;
  } catch (error) {
    if (!(error instanceof TollgridError)) throw error;
    return error.code === 'BODY_TOO_DEEP' ? `it nests deeper than ${limits.depthMax} levels` : 'it is not JSON';
  }
}

function expectEnd(scanner: JsonScanner): void {
  scanner.skipSpace();
  if (scanner.at < scanner.bytes.length) scanner.fail();
}

function isBlank(byte: number): boolean {
  return byte === Byte.carriageReturn || byte === Byte.space || byte === Byte.tab;
}

function addEvent(events: Uint8Array[], event: Uint8Array, limits: EventLimits): void {
  if (events.length === limits.countMax) {
    const message = `The request holds more than ${limits.countMax} events.`;
    throw new TollgridError('BODY_TOO_LARGE', message, { countMax: limits.countMax });
  }
  checkSize(event, events.length, limits);
  events.push(event);
}

function checkSize(event: Uint8Array, index: number, limits: EventLimits): void {
  if (event.length <= limits.eventBytesMax) return;
  const message = `Event ${index} has ${event.length} bytes; ${limits.eventBytesMax} are allowed.`;
  throw new TollgridError('BODY_TOO_LARGE', message, { index, eventBytesMax: limits.eventBytesMax });
}

/** A batch entry keeps one event per line. A raw line end stands only between tokens, where a space means the same. */
function onOneLine(event: Uint8Array): Uint8Array {
  if (!event.includes(Byte.lineFeed) && !event.includes(Byte.carriageReturn)) return event;
  return event.map((byte) => (byte === Byte.lineFeed || byte === Byte.carriageReturn ? Byte.space : byte));
}
