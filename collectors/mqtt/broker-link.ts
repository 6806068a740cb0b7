/**
 * The connection to one broker, made anew after each loss. The broker keeps a session for us: what is not acknowledged it
 * sends again, to this process or the next one.
 */
import { connect, type IClientOptions, type IPublishPacket, type ISubscriptionMap, type MqttClient } from 'mqtt';
import { TollgridError, toTollgridError } from '../../platform/errors.ts';
import { Acknowledgements } from './acknowledgements.ts';

export interface BrokerOptions {
  url: string;
  username?: string | undefined;
  password?: Buffer | undefined;
  ca?: Buffer | undefined;
  certificate?: Buffer | undefined;
  key?: Buffer | undefined;
}

export interface SessionOptions {
  clientId: string;
  version: 'v5' | 'v3.1.1';
  topics: readonly string[];
  sessionSeconds: number;
  receiveMax: number;
  packetBytesMax: number;
  keepaliveSeconds: number;
}

export interface Message {
  topic: string;
  payload: Buffer;
  retained: boolean;
  repeated: boolean;
  /** What the broker numbers it by until it is acknowledged; undefined with QoS 0. */
  packetNo: number | undefined;
}

export interface LinkEvents {
  /** Resolves when the message is durable. */
  take(message: Message): Promise<void>;
  refused(reason: 'tooLarge' | 'topic'): void;
  warn(code: string, message: string): void;
}

const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;
const ANSWER_MS = 10_000;

export class BrokerLink {
  private readonly broker: BrokerOptions;
  private readonly session: SessionOptions;
  private readonly events: LinkEvents;
  private readonly underway = new Set<Promise<void>>();
  private client: MqttClient | null = null;
  private acknowledgements: Acknowledgements | null = null;
  private again: NodeJS.Timeout | null = null;
  private pauseMs = AGAIN_MS;
  private stopping = false;
  private failure: string | null = null;

  constructor(broker: BrokerOptions, session: SessionOptions, events: LinkEvents) {
    this.broker = broker;
    this.session = session;
    this.events = events;
  }

  /** Messages that came and are not acknowledged. */
  get unacknowledged(): number {
    return this.acknowledgements?.waiting ?? 0;
  }

  get isConnected(): boolean {
    return this.client?.connected ?? false;
  }

  /** For people: without user names. */
  get detail(): string {
    const { url } = this.broker;
    if (this.isConnected) return `${url} connected`;
    return this.failure === null ? `${url} connecting` : `${url} ${this.failure}`;
  }

  start(): void {
    this.again = null;
    const client = connect(this.broker.url, clientOptions(this.broker, this.session));
    const acknowledgements = new Acknowledgements((messageIds) => acknowledge(client, messageIds));
    this.client = client;
    this.acknowledgements = acknowledgements;
    // The library acknowledges a message before it takes the next one: one sync for each. As QoS 0 it hands them over at
    // once, and the acknowledgement is sent from here when the message is durable.
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'publish' && packet.qos === 1) packet.qos = 0;
    });
    client.handleMessage = (packet, done) => this.receive(client, acknowledgements, packet, done);
    client.once('connect', () => void this.subscribe(client));
    client.on('error', (error) => this.failed(error));
    client.once('close', () => this.lost(acknowledgements));
  }

  /** Takes nothing more; resolves when what was taken is acknowledged, or will be sent again. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.again !== null) clearTimeout(this.again);
    await Promise.allSettled(this.underway);
    this.acknowledgements?.flush();
    if (this.client !== null) await end(this.client);
  }

  /** Connects under another name, so that a running session is not taken over. Error: SOURCE_UNREACHABLE. */
  async test(): Promise<string> {
    const { url } = this.broker;
    if (this.isConnected) return `is connected to ${url}`;
    const session = { ...this.session, clientId: `${this.session.clientId}-test`, sessionSeconds: 0 };
    const client = connect(url, { ...clientOptions(this.broker, session), clean: true });
    try {
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve());
        client.on('error', reject);
        client.once('close', () => reject(new Error('the connection was closed')));
      });
      return `${url} answers`;
    } catch (error) {
      throw new TollgridError('SOURCE_UNREACHABLE', `${url}: ${(error as Error).message}`);
    } finally {
      client.removeAllListeners('close');
      await end(client);
    }
  }

  /** Publishes with QoS 0; nothing happens without a connection. */
  publish(topic: string, payload: Buffer): void {
    if (this.isConnected) this.client!.publish(topic, payload, { qos: 0 });
  }

  private async subscribe(client: MqttClient): Promise<void> {
    this.pauseMs = AGAIN_MS;
    this.failure = null;
    // Retained messages come once, when the subscription is new.
    const wanted: ISubscriptionMap = Object.fromEntries(
      this.session.topics.map((topic) => [topic, { qos: 1 as const, ...(!isShared(topic) && { rh: 1 }) }]),
    );
    try {
      const granted = await client.subscribeAsync(wanted);
      for (const { topic, qos } of granted) if (qos >= 128) this.refuse(topic);
    } catch (error) {
      if (this.client === client && client.connected) this.refuse((error as Error).message);
    }
  }

  private refuse(what: string): void {
    this.events.refused('topic');
    this.events.warn('SOURCE_UNREACHABLE', `${this.broker.url} refuses the subscription: ${what}`);
  }

  private receive(
    client: MqttClient,
    acknowledgements: Acknowledgements,
    packet: IPublishPacket,
    done: () => void,
  ): void {
    if (this.stopping) return;
    const durable = packet.messageId === undefined ? () => undefined : acknowledgements.expect(packet.messageId);
    const payload = packet.payload as Buffer;
    if (payload.length > this.session.packetBytesMax) {
      this.events.refused('tooLarge');
      durable();
      return done();
    }
    const { topic, retain: retained, dup: repeated, messageId: packetNo } = packet;
    const message = { topic, payload, retained, repeated, packetNo };
    let goOn = (): void => undefined;
    const taken: Promise<void> = this.events
      .take(message)
      .then(durable, (error: unknown) => {
        const { code, message: reason } = toTollgridError(error);
        if (code !== 'STOPPING') this.events.warn(code, reason);
      })
      .finally(() => {
        this.underway.delete(taken);
        goOn();
      });
    this.underway.add(taken);
    // Nothing more is read from the connection until there is room: the broker has to wait. One that keeps to `receiveMax`
    // sends no more by itself.
    if (this.underway.size > this.session.receiveMax) goOn = this.halt(client, done);
    else done();
  }

  /** While nothing is read the broker's answers to pings are not either: the connection is kept alive without them. */
  private halt(client: MqttClient, done: () => void): () => void {
    const alive = setInterval(
      () => {
        if (!client.connected) return clearInterval(alive);
        client.sendPing();
        client.reschedulePing(true);
      },
      (this.session.keepaliveSeconds * 1000) / 3,
    );
    return () => {
      clearInterval(alive);
      done();
    };
  }

  private failed(error: Error): void {
    this.failure = `SOURCE_UNREACHABLE: ${error.message}`;
    this.events.warn('SOURCE_UNREACHABLE', `${this.broker.url}: ${error.message}`);
  }

  private lost(acknowledgements: Acknowledgements): void {
    acknowledgements.close();
    if (this.stopping) return;
    this.failure ??= 'SOURCE_UNREACHABLE: the broker closed the connection';
    this.again = setTimeout(() => this.start(), this.pauseMs);
    this.pauseMs = Math.min(AGAIN_MS_MAX, this.pauseMs * 2);
  }
}

function clientOptions(broker: BrokerOptions, session: SessionOptions): IClientOptions {
  const { version, sessionSeconds, receiveMax, packetBytesMax, keepaliveSeconds: keepalive, clientId } = session;
  return {
    clientId,
    clean: false,
    keepalive,
    protocolVersion: version === 'v5' ? 5 : 4,
    connectTimeout: ANSWER_MS,
    // Each connection is a client of its own: see `lost`.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(broker.username !== undefined && { username: broker.username }),
    ...(broker.password !== undefined && { password: broker.password }),
    ...(broker.ca !== undefined && { ca: broker.ca }),
    ...(broker.certificate !== undefined && { cert: broker.certificate }),
    ...(broker.key !== undefined && { key: broker.key }),
    ...(version === 'v5' && {
      properties: {
        sessionExpiryInterval: sessionSeconds,
        receiveMaximum: receiveMax,
        // The topic and what stands around it.
        maximumPacketSize: packetBytesMax + 70_000,
      },
    }),
  };
}

function acknowledge(client: MqttClient, messageIds: readonly number[]): void {
  if (!client.connected) return;
  client.stream.cork();
  for (const messageId of messageIds) client['_sendPacket']({ cmd: 'puback', messageId, reasonCode: 0 });
  client.stream.uncork();
}

/** A shared subscription has no retained messages, and MQTT 5 forbids some options with it. */
function isShared(topic: string): boolean {
  return topic.startsWith('$share/');
}

async function end(client: MqttClient): Promise<void> {
  client.on('error', () => undefined);
  await client.endAsync(!client.connected).catch(() => undefined);
}
