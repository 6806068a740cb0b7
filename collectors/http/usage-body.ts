/** From the body of a push to the events that go into the log. */
import { TollgridError } from '../../platform/errors.ts';
import { withoutBom } from './bom.ts';
import { envelopeProblem } from './envelope.ts';
import { Byte, JsonScanner } from './json-scanner.ts';
import { faultOf, singleEvent, splitArray, splitLines, type EventLimits } from './split-events.ts';

export const USAGE_MEDIA_TYPES = {
  'application/cloudevents+json': 'single',
  'application/cloudevents-batch+json': 'batch',
  'application/x-ndjson': 'lines',
  /** For plain clients: an array is a batch, anything else one event. */
  'application/json': 'either',
} as const;
export type UsageMediaType = keyof typeof USAGE_MEDIA_TYPES;

export interface UsageBody {
  /** JSON bytes, one line each, as received. */
  events: Uint8Array[];
  /** Events that are no CloudEvents 1.0; they are stored like the others and wait in suspense. */
  flaws: { index: number; problem: string }[];
}

/** Throws BODY_NOT_JSON when nothing in the body can be told apart, BODY_TOO_DEEP, BODY_TOO_LARGE. */
export function readUsageBody(mediaType: UsageMediaType, received: Uint8Array, limits: EventLimits): UsageBody {
  const events = split(mediaType, withoutBom(received), limits);
  const lines = USAGE_MEDIA_TYPES[mediaType] === 'lines';
  const flaws = events.flatMap((event, index) => {
    // Only lines were not read by the scanner yet.
    const problem = (lines ? faultOf(event, limits) : null) ?? envelopeProblem(event);
    return problem === null ? [] : [{ index, problem }];
  });
  return { events, flaws };
}

function split(mediaType: UsageMediaType, body: Uint8Array, limits: EventLimits): Uint8Array[] {
  switch (USAGE_MEDIA_TYPES[mediaType]) {
    case 'single':
      if (startsArray(body))
        throw notJson('A single event is an object; send an array as application/cloudevents-batch+json.');
      return [singleEvent(body, limits)];
    case 'batch':
      return some(splitArray(body, limits));
    case 'either':
      return startsArray(body) ? some(splitArray(body, limits)) : [singleEvent(body, limits)];
    case 'lines': {
      const lines = some(splitLines(body, limits));
      if (lines.every((line) => faultOf(line, limits) !== null)) throw notJson('No line of the body is JSON.');
      return lines;
    }
  }
}

function some(events: Uint8Array[]): Uint8Array[] {
  if (events.length === 0) throw notJson('The body holds no event.');
  return events;
}

function startsArray(body: Uint8Array): boolean {
  const scanner = new JsonScanner(body, 0);
  scanner.skipSpace();
  return scanner.bytes[scanner.at] === Byte.openBracket;
}

function notJson(message: string): TollgridError {
  return new TollgridError('BODY_NOT_JSON', message);
}
