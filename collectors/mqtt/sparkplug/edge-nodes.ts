/**
 * What is known of the Sparkplug edge nodes of a broker: names of aliases, which only births tell, and the sequence of their
 * messages. State only: no clock, no connection. What it finds goes into the log beside the bytes, so that nobody who reads
 * the log later needs this state.
 */
import { readPayload, type Metric } from './payload.ts';

export interface Found {
  /** `read`: all metrics have names. `unresolved`: some alias was told in a birth that is not known. */
  state: 'read' | 'unresolved' | 'unreadable' | 'other';
  /** The numbers with their names, as JSON: see the README. Null when there are none. */
  content: Buffer | null;
  /** A message in between is missing. */
  gap: boolean;
  /** Group and edge node that should send their births. */
  rebirth: { group: string; edge: string } | null;
}

interface EdgeNode {
  names: Map<string, string>;
  /** Null: not known, the next one is right. */
  seq: number | null;
  /** False: births were missed, so an alias may mean something else by now. */
  born: boolean;
}

const SEQ_COUNT = 256;
const OTHER: Found = { state: 'other', content: null, gap: false, rebirth: null };
/** More than that on one broker, and the one not heard of for longest is forgotten: it is asked for its birth again. */
const EDGES_MAX = 10_000;

export class EdgeNodes {
  private readonly edges = new Map<string, EdgeNode>();

  /** Null when the topic is none of Sparkplug's. */
  read(topic: string, bytes: Uint8Array): Found | null {
    const [namespace, group, type, edge, device] = topic.split('/');
    if (namespace !== 'spBv1.0') return null;
    if (edge === undefined || !/^[ND](BIRTH|DATA|DEATH)$/.test(type)) return OTHER;
    const payload = readPayload(bytes);
    const node = this.edge(`${group}/${edge}`);
    if (payload === null) return { state: 'unreadable', content: null, gap: false, rebirth: null };
    if (type === 'NDEATH') {
      // The broker sends it as the node's will, with no number in the sequence.
      Object.assign(node, { seq: null, born: false });
      return OTHER;
    }
    const gap = isGap(node, type, payload.seq);
    node.seq = payload.seq;
    if (type === 'NBIRTH') Object.assign(node, { names: new Map(), born: true });
    else if (gap) node.born = false;
    if (type.endsWith('BIRTH')) learn(node, payload.metrics);
    const named = payload.metrics.map((metric) => ({ ...metric, name: metric.name ?? nameOf(node, metric) }));
    const isUnresolved = named.some(({ name }) => name === null);
    const content = contentOf({ group, edge, device, seq: payload.seq }, named, payload.timestampMs);
    return {
      state: isUnresolved ? 'unresolved' : 'read',
      content,
      gap,
      rebirth: gap || isUnresolved || !node.born ? { group, edge } : null,
    };
  }

  private edge(key: string): EdgeNode {
    const node = this.edges.get(key) ?? { names: new Map(), seq: null, born: false };
    this.edges.delete(key);
    this.edges.set(key, node);
    if (this.edges.size > EDGES_MAX) this.edges.delete(this.edges.keys().next().value!);
    return node;
  }
}

function isGap(node: EdgeNode, type: string, seq: number | null): boolean {
  if (type === 'NBIRTH' || node.seq === null) return false;
  return seq !== (node.seq + 1) % SEQ_COUNT;
}

function learn(node: EdgeNode, metrics: readonly Metric[]): void {
  for (const { name, alias } of metrics) if (name !== null && alias !== null) node.names.set(alias, name);
}

function nameOf(node: EdgeNode, { alias }: Metric): string | null {
  return node.born && alias !== null ? (node.names.get(alias) ?? null) : null;
}

function contentOf(
  from: { group: string; edge: string; device: string | undefined; seq: number | null },
  metrics: readonly Metric[],
  timestampMs: number | null,
): Buffer | null {
  const numbers = metrics.filter(({ name, value }) => name !== null && value !== null);
  if (numbers.length === 0) return null;
  const shown = numbers.map(({ name, value, timestampMs: ownMs }) => [name, { value, time: ownMs ?? timestampMs }]);
  return Buffer.from(JSON.stringify({ ...from, metrics: Object.fromEntries(shown) as object }));
}
