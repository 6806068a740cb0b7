/** Sparkplug B payloads (protobuf): read, and the one that asks for a birth written. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';
import { projectRoot } from '../../../platform/paths.ts';

export interface Metric {
  /** Only births must have it; later an alias stands for it. */
  name: string | null;
  alias: string | null;
  timestampMs: number | null;
  /** Digits of a number; null for everything that is none, or has no value. */
  value: string | null;
}

export interface Payload {
  timestampMs: number | null;
  seq: number | null;
  metrics: Metric[];
}

interface RawMetric {
  name?: string;
  alias?: string;
  timestamp?: string;
  datatype?: number;
  isNull?: boolean;
  intValue?: number;
  longValue?: string;
  floatValue?: number;
  doubleValue?: number;
}

interface RawPayload {
  timestamp?: string;
  seq?: string;
  metrics?: RawMetric[];
}

const INT64 = 4;
const BOOLEAN = 11;
/** Int8 to Int32: their value stands in an unsigned field. */
const isSigned = (datatype: number | undefined): boolean => datatype !== undefined && datatype >= 1 && datatype <= 3;

let type: protobuf.Type | null = null;

function payloadType(): protobuf.Type {
  const file = path.join(projectRoot, 'schemas', 'sparkplug.proto');
  type ??= protobuf.parse(readFileSync(file, 'utf8')).root.lookupType('sparkplug.Payload');
  return type;
}

/** Null when the bytes are no payload. */
export function readPayload(bytes: Uint8Array): Payload | null {
  let raw: RawPayload;
  try {
    const decoded = payloadType().decode(bytes);
    raw = payloadType().toObject(decoded, { longs: String });
  } catch {
    return null;
  }
  return {
    timestampMs: numberOf(raw.timestamp),
    seq: numberOf(raw.seq),
    metrics: (raw.metrics ?? []).map((metric) => ({
      name: metric.name === undefined || metric.name === '' ? null : metric.name,
      alias: metric.alias === undefined ? null : String(metric.alias),
      timestampMs: numberOf(metric.timestamp),
      value: valueOf(metric),
    })),
  };
}

/** NCMD that asks an edge node for its births. */
export function rebirthRequest(nowMs: number): Buffer {
  const metric = { name: 'Node Control/Rebirth', timestamp: nowMs, datatype: BOOLEAN, booleanValue: true };
  const message = payloadType().fromObject({ timestamp: nowMs, metrics: [metric] });
  return Buffer.from(payloadType().encode(message).finish());
}

function valueOf(metric: RawMetric): string | null {
  const { datatype, isNull, intValue, longValue, floatValue, doubleValue } = metric;
  if (isNull === true) return null;
  if (intValue !== undefined) return String(isSigned(datatype) ? intValue | 0 : intValue);
  if (longValue !== undefined) return String(datatype === INT64 ? BigInt.asIntN(64, BigInt(longValue)) : longValue);
  if (floatValue !== undefined && Number.isFinite(floatValue)) return shortest(floatValue);
  return doubleValue !== undefined && Number.isFinite(doubleValue) ? String(doubleValue) : null;
}

/** The fewest digits that are the same 32-bit float: what the meter meant, not 123.44999694824219. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
