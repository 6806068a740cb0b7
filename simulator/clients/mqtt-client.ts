/** Meters that publish through a broker, at least once (QoS 1). The broker's acknowledgement is what a meter hears. */
import type { MqttClient as Connection } from 'mqtt';
import { tasmotaMessage } from '../encode.ts';
import type { Delivery, Reading } from '../events.ts';
import { NO_COUNTS, type ClientCounts, type DeviceClient } from './port.ts';

/** Meters share connections, each its own one: MQTT keeps the order of one connection. */
const CONNECTIONS = 8;

export class MeterMqttClient implements DeviceClient {
  readonly acknowledges = true;
  readonly counts: ClientCounts = { ...NO_COUNTS };
  private readonly connections: Connection[];
  private closed = false;

  private constructor(connections: Connection[]) {
    this.connections = connections;
  }

  /** `url`: `mqtt://host:port`. Rejects when the broker cannot be reached. */
  static async open(url: string): Promise<MeterMqttClient> {
    const { connectAsync } = await import('mqtt');
    return new MeterMqttClient(await Promise.all(Array.from({ length: CONNECTIONS }, () => connectAsync(url))));
  }

  async deliver({ event, lost }: Delivery): Promise<boolean> {
    const reading = event as Reading;
    const connection = this.connections[placeOf(reading.meter)];
    const { topic, payload } = tasmotaMessage(reading);
    try {
      await connection.publishAsync(topic, payload, { qos: 1 });
      // An acknowledgement that got lost: the meter publishes once more.
      if (lost !== 'nothing') await connection.publishAsync(topic, payload, { qos: 1, dup: true });
    } catch (error) {
      if (this.closed) return false;
      throw error;
    }
    if (lost !== 'nothing') this.counts.retries++;
    return true;
  }

  async finish(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.endAsync()));
  }

  abort(): void {
    this.closed = true;
    for (const connection of this.connections) connection.end(true);
  }
}

function placeOf(meter: string): number {
  let sum = 0;
  for (let i = 0; i < meter.length; i++) sum = (sum * 31 + meter.charCodeAt(i)) >>> 0;
  return sum % CONNECTIONS;
}
