/** The collector against a real broker: what it acknowledges when, and what it does when it must wait. */
import { execFileSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Acknowledgements } from '../../../collectors/mqtt/acknowledgements.ts';
import { MqttCollector, type MqttOptions } from '../../../collectors/mqtt/index.ts';
import { emptyFrame, readFrame } from '../../../mediation/formats/index.ts';
import { isMosquittoMissing, startMosquitto } from '../../server/front/mosquitto.ts';
import { freePort } from '../../server/front/tollgrid-process.ts';

const missing = isMosquittoMissing();

describe('acknowledgements', () => {
  it('leave in the order in which the messages came, many at once', async () => {
    const sent: (readonly number[])[] = [];
    const acknowledgements = new Acknowledgements((ids) => sent.push(ids));
    const [one, two, three] = [1, 2, 3].map((id) => acknowledgements.expect(id));
    two();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
    one();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([[1, 2]]);
    acknowledgements.close();
    three();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([[1, 2]]);
  });
});

interface Taken {
  topic: string;
  flags: number;
  part: string;
  delivery: number;
  payload: string;
}

describe.skipIf(missing)('the MQTT collector (needs mosquitto)', () => {
  let folder: string;
  let port: number;
  let tlsPort: number;
  const brokers: ChildProcess[] = [];
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-mqtt-'));
    [port, tlsPort] = [await freePort(), await freePort()];
    makeCertificates(folder);
    fs.writeFileSync(path.join(folder, 'passwords'), '');
    execFileSync('mosquitto_passwd', ['-b', path.join(folder, 'passwords'), 'tollgrid', 'a password']);
    brokers.push(await startMosquitto(folder, port, ['allow_anonymous true']));
    const tls = ['ca.crt', 'broker.crt', 'broker.key'].map((name) => path.join(folder, name));
    brokers.push(
      await startMosquitto(folder, tlsPort, [
        `cafile ${tls[0]}`,
        `certfile ${tls[1]}`,
        `keyfile ${tls[2]}`,
        'require_certificate true',
        `password_file ${path.join(folder, 'passwords')}`,
        'allow_anonymous false',
      ]),
    );
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => {
    for (const broker of brokers) broker.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const taken: Taken[] = [];

  /** Takes into `taken`; while `held` is there, nothing becomes durable. */
  function collector(changes: Partial<MqttOptions>, held?: Promise<void>): MqttCollector {
    taken.length = 0;
    const options: MqttOptions = {
      brokers: [{ url: `mqtt://127.0.0.1:${port}` }],
      topics: ['m/#'],
      clientId: `test-${Math.random().toString(16).slice(2)}`,
      version: 'v5',
      sessionSeconds: 600,
      receiveMax: 1000,
      packetBytesMax: 65_536,
      keepaliveSeconds: 30,
      partsOf: () => [''],
      ...changes,
    };
    const take = async (frames: readonly Uint8Array[]): Promise<void> => {
      taken.push(...frames.map(read));
      await held;
    };
    const one = new MqttCollector(
      options,
      { take, takeWhenRoom: take, takePieces: take },
      { now: () => 1_760_000_000_000, warn: () => undefined },
    );
    closing.push(() => one.stop());
    return one;
  }

  function read(bytes: Uint8Array): Taken {
    const frame = emptyFrame();
    expect(readFrame(bytes, 0, bytes.length, frame)).toBe(true);
    const at = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString();
    return {
      topic: at(frame.channelStart, frame.channelEnd),
      flags: frame.flags,
      part: at(frame.partStart, frame.partEnd),
      delivery: frame.delivery,
      payload: at(frame.payloadStart, frame.end),
    };
  }

  async function device(options: IClientOptions = {}, url = `mqtt://127.0.0.1:${port}`): Promise<MqttClient> {
    const client = await connectAsync(url, options);
    closing.push(() => client.endAsync(true));
    return client;
  }

  async function until(isSo: () => boolean): Promise<void> {
    for (let turns = 0; !isSo() && turns < 1000; turns++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isSo()).toBe(true);
  }

  async function running(one: MqttCollector): Promise<MqttCollector> {
    await one.start();
    await until(() => one.status().state === 'taking');
    return one;
  }

  it.each(['v5', 'v3.1.1'] as const)('is sent again what it did not acknowledge (%s)', async (version) => {
    const clientId = `again-${version.replaceAll('.', '-')}`;
    const first = await running(collector({ clientId, version }, new Promise(() => undefined)));
    const meter = await device();
    // The subscription stands when a message comes.
    await meter.publishAsync('m/0', 'first', { qos: 1 });
    await until(() => taken.length === 1);
    for (let no = 1; no < 15; no++) await meter.publishAsync(`m/${no}`, 'x', { qos: 1 });
    await until(() => taken.length === 15);
    const deliveries = taken.map(({ delivery }) => delivery);
    expect(new Set(deliveries).size).toBe(15);
    closing.shift();
    // As if it had died: its connection breaks.
    void first.stop();
    const second = await running(collector({ clientId, version }));
    await until(() => taken.length === 15);
    // 2: the broker marks them as repeated.
    expect(taken.map(({ topic, flags }) => [topic, flags])).toEqual(
      Array.from({ length: 15 }, (_, no) => [`m/${no}`, 2]),
    );
    expect(taken.map(({ delivery }) => delivery)).toEqual(deliveries);
    await second.stop();
    const third = await running(collector({ clientId, version }));
    await meter.publishAsync('m/last', 'x', { qos: 1 });
    await until(() => taken.length > 0);
    expect(taken.map(({ topic }) => topic)).toEqual(['m/last']);
    await third.stop();
  });

  it('makes the broker wait when more waits than it may hold, and loses nothing', async () => {
    let release!: () => void;
    await running(collector({ receiveMax: 10 }, new Promise((resolve) => (release = resolve))));
    const meter = await device();
    const sending = Promise.all(
      Array.from({ length: 500 }, (_, no) => meter.publishAsync(`m/${no}`, 'x', { qos: no % 2 ? 1 : 0 })),
    );
    await sending;
    await new Promise((resolve) => setTimeout(resolve, 200));
    // 10 and one more, which is held in the connection.
    expect(taken.length).toBeLessThanOrEqual(11);
    release();
    await until(() => taken.length === 500);
  });

  it.each(['v5', 'v3.1.1'] as const)('keeps its connection while it makes the broker wait (%s)', async (version) => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    await running(collector({ receiveMax: 10, keepaliveSeconds: 1, version }, held));
    const meter = await device();
    await Promise.all(
      Array.from({ length: 100 }, (_, no) => meter.publishAsync(`m/${no}`, 'x', { qos: no % 2 ? 1 : 0 })),
    );
    // Far beyond the time in which either side gives up a silent one.
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(taken.length).toBe(11);
    release();
    await until(() => taken.length === 100);
    expect(taken.filter(({ flags }) => flags !== 0)).toEqual([]);
  });

  it('keeps the mark of retained messages, and gets them once', async () => {
    const meter = await device();
    await meter.publishAsync('m/kept', 'old', { qos: 1, retain: true });
    const clientId = 'retained';
    const first = await running(collector({ clientId }));
    await until(() => taken.length === 1);
    expect(taken[0]).toMatchObject({ topic: 'm/kept', flags: 1, payload: 'old' });
    await first.stop();
    await running(collector({ clientId }));
    await meter.publishAsync('m/new', 'x', { qos: 1 });
    await until(() => taken.length > 0);
    expect(taken.map(({ topic }) => topic)).toEqual(['m/new']);
    await meter.publishAsync('m/kept', '', { qos: 1, retain: true });
  });

  it('makes a record for each register that a message shows', async () => {
    await running(collector({ partsOf: (payload) => (payload.length > 1 ? ['1.8.1', '1.8.2'] : ['']) }));
    const meter = await device();
    await meter.publishAsync('m/1', 'both', { qos: 1 });
    await meter.publishAsync('m/1', '-', { qos: 1 });
    await until(() => taken.length === 3);
    expect(taken.map(({ part, payload }) => [part, payload])).toEqual([
      ['1.8.1', 'both'],
      ['1.8.2', 'both'],
      ['', '-'],
    ]);
  });

  it('refuses what is too large, counts it, and goes on', async () => {
    const one = await running(collector({ packetBytesMax: 1024, version: 'v3.1.1' }));
    const meter = await device();
    await meter.publishAsync('m/1', 'x'.repeat(2000), { qos: 1 });
    await meter.publishAsync('m/2', 'x', { qos: 1 });
    await until(() => taken.length === 1);
    expect(taken[0].topic).toBe('m/2');
    expect(one.status().refused).toMatchObject({ tooLarge: 1 });
  });

  it('speaks TLS with a certificate and a password, and says what is wrong with others', async () => {
    const files = Object.fromEntries(
      ['ca.crt', 'client.crt', 'client.key'].map((name) => [name, fs.readFileSync(path.join(folder, name))]),
    );
    const url = `mqtts://localhost:${tlsPort}`;
    const good = {
      url,
      username: 'tollgrid',
      password: Buffer.from('a password'),
      ca: files['ca.crt'],
      certificate: files['client.crt'],
      key: files['client.key'],
    };
    expect(await collector({ brokers: [good] }).test()).toEqual([`${url} answers`]);
    const one = await running(collector({ brokers: [good, { url: `mqtt://127.0.0.1:${port}` }] }));
    await until(() => one.status().connections === 2);
    expect(one.status().detail).toBe(`${url} connected; mqtt://127.0.0.1:${port} connected`);
    const wrong = { ...good, password: Buffer.from('another') };
    await expect(collector({ brokers: [wrong] }).test()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    const { ca: _, ...stranger } = good;
    await expect(collector({ brokers: [stranger] }).test()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it('asks a Sparkplug edge node for its birth, once in a while', async () => {
    const edge = await device();
    const asked: string[] = [];
    edge.on('message', (topic) => asked.push(topic));
    await edge.subscribeAsync('spBv1.0/+/NCMD/#');
    const one = await running(collector({ topics: ['spBv1.0/+/NDATA/#'], sparkplug: { rebirthSeconds: 10 } }));
    // seq 5, one metric with alias 7 and the value 1.
    const data = Buffer.from('120438075001' + '1805', 'hex');
    await edge.publishAsync('spBv1.0/town/NDATA/gw', data, { qos: 0 });
    await edge.publishAsync('spBv1.0/town/NDATA/gw', data, { qos: 0 });
    await until(() => taken.length === 2 && asked.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual(['spBv1.0/town/NCMD/gw']);
    expect(taken[0]).toMatchObject({ part: 'unresolved', flags: 4 });
    expect(one.status().refused).toMatchObject({ gap: 1 });
  });
});

function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority');
  for (const [name, subject] of [
    ['broker', '/CN=localhost'],
    ['client', '/CN=tollgrid'],
  ]) {
    openssl(
      'req',
      '-new',
      ...key.slice(0, -2),
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
      '-addext',
      'subjectAltName=DNS:localhost',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.crt`,
    );
  }
}
