/**
 * CloudEvents in binary mode (HTTP protocol binding 1.0.2, section 3.1): attributes are `ce-` headers, the body is the
 * data. One such request becomes one structured event (JSON event format 1.0.2). Its bytes depend on nothing but the
 * attributes and the body: required attributes first, the others by name, the data last, JSON data as it came.
 */
import { TollgridError } from '../../platform/errors.ts';
import { singleEvent, type EventLimits } from './split-events.ts';
import { withoutBom } from './bom.ts';

const PREFIX = 'ce-';
const REQUIRED = ['specversion', 'id', 'source', 'type'];
const ATTRIBUTE = /^[a-z0-9]+$/;
/** The data's type has a header of its own, and `data` is no attribute. */
const NO_ATTRIBUTES = new Set(['data', 'datacontenttype']);
const JSON_TYPE = /^[^/\s]+\/(?:json|[^/\s]+\+json)$/i;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The content type decides; without it a request with attributes in headers is in binary mode. */
export function isBinaryMode(contentType: string | undefined, headers: Readonly<Record<string, unknown>>): boolean {
  if (contentType?.trim().toLowerCase().startsWith('application/cloudevents')) return false;
  return REQUIRED.some((name) => headers[PREFIX + name] !== undefined);
}

/**
 * `rawHeaders`: name, value, name, value … as received. Throws REQUEST_INVALID for headers that no attribute can be read
 * from, BODY_NOT_JSON for JSON data that is none, BODY_TOO_DEEP, BODY_TOO_LARGE.
 */
export function binaryEvent(
  contentType: string | undefined,
  rawHeaders: readonly string[],
  body: Uint8Array,
  limits: EventLimits,
): Uint8Array {
  const attributes = attributesOf(rawHeaders);
  if (contentType !== undefined) attributes.set('datacontenttype', contentType.trim());
  const others = [...attributes.keys()].filter((name) => !REQUIRED.includes(name)).sort();
  const names = [...REQUIRED.filter((name) => attributes.has(name)), ...others];
  const members = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(attributes.get(name))}`);
  const event = Buffer.concat([Buffer.from(`{${members.join(',')}`), dataMember(contentType, body, limits), BRACE]);
  // Its size, and the depth of the data within it.
  return singleEvent(event, limits);
}

const BRACE = Buffer.from('}');

function dataMember(contentType: string | undefined, received: Uint8Array, limits: EventLimits): Uint8Array {
  if (received.length === 0) return new Uint8Array();
  const mediaType = contentType?.split(';')[0]!.trim();
  // An event that names no type is read as one with JSON data, so other bytes must not stand there as `data`.
  if (mediaType === undefined ? isJson(received, limits) : JSON_TYPE.test(mediaType)) {
    return Buffer.concat([Buffer.from(',"data":'), singleEvent(withoutBom(received), limits)]);
  }
  return Buffer.from(`,"data_base64":"${Buffer.from(received).toString('base64')}"`);
}

function isJson(body: Uint8Array, limits: EventLimits): boolean {
  try {
    singleEvent(withoutBom(body), limits);
    return true;
  } catch (error) {
    if (error instanceof TollgridError && error.code === 'BODY_NOT_JSON') return false;
    throw error;
  }
}

function attributesOf(rawHeaders: readonly string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index].toLowerCase();
    if (!header.startsWith(PREFIX)) continue;
    const name = header.slice(PREFIX.length);
    if (!ATTRIBUTE.test(name) || NO_ATTRIBUTES.has(name)) throw unreadable(header, 'is no attribute of CloudEvents');
    if (attributes.has(name)) throw unreadable(header, 'stands twice');
    attributes.set(name, headerValue(header, rawHeaders[index + 1]));
  }
  return attributes;
}

/** Section 3.1.3.2: quoted strings first (earlier versions wrote them), then one round of percent-decoding. */
function headerValue(header: string, raw: string): string {
  const value = unquoted(raw.trim());
  if (!/^[\x20-\x7e]*$/.test(value)) throw unreadable(header, 'holds bytes that are not ASCII: percent-encode them');
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) throw unreadable(header, 'holds a percent sign that encodes nothing');
  const bytes: number[] = [];
  for (let at = 0; at < value.length; at++) {
    if (value[at] !== '%') bytes.push(value.charCodeAt(at));
    else {
      bytes.push(Number.parseInt(value.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    throw unreadable(header, 'is not UTF-8 when its percent-encoding is undone');
  }
}

function unquoted(value: string): string {
  return value.replace(/"((?:[^"\\]|\\.)*)"/g, (_whole, inner: string) => inner.replace(/\\(.)/g, '$1'));
}

function unreadable(header: string, problem: string): TollgridError {
  return new TollgridError('REQUEST_INVALID', `The header ${header} ${problem}.`, {
    problems: [{ at: `headers.${header}`, message: problem }],
  });
}
