import { createHmac } from 'node:crypto';
import dgram from 'node:dgram';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isResponseTo, signRequest } from '../../../collectors/radius/authenticators.ts';
import { RadiusCollector, type RadiusOptions } from '../../../collectors/radius/index.ts';
import { attribute, Attribute, Code, makePacket, readPacket } from '../../../collectors/radius/packet.ts';
import { FakeRecords, FakeSurroundings, until } from '../support.ts';

const SECRET = Buffer.from('a secret of the test');

let intake: FakeRecords;
let surroundings: FakeSurroundings;
let collector: RadiusCollector;
let client: dgram.Socket;
let answers: Buffer[];

beforeEach(() => {
  intake = new FakeRecords();
  surroundings = new FakeSurroundings();
  answers = [];
  client = dgram.createSocket('udp4');
  client.on('message', (bytes) => answers.push(bytes));
});
afterEach(async () => {
  intake.release();
  client.close();
  await collector.stop();
});

async function listening(options: Partial<RadiusOptions> = {}): Promise<(bytes: Uint8Array) => void> {
  const clients = [
    { address: '127.0.0.0/8', secret: Buffer.from('too wide') },
    { address: '127.0.0.1', secret: SECRET },
  ];
  collector = new RadiusCollector({ host: '127.0.0.1', port: 0, clients, ...options }, intake, surroundings);
  await collector.start();
  const port = Number(/:(\d+)/.exec(collector.status().detail!)![1]);
  return (bytes) => client.send(bytes, port, '127.0.0.1');
}

function request(id: number, session: string, secret = SECRET): Uint8Array {
  return signRequest(
    makePacket(Code.accountingRequest, id, [attribute(Attribute.acctSessionId, Buffer.from(session))]),
    secret,
  );
}

describe('RADIUS accounting', () => {
  it('is answered when it is durable, not before', async () => {
    const send = await listening();
    intake.hold();
    const sent = request(1, 'one');
    send(sent);
    await until(() => intake.waiting === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answers).toEqual([]);
    intake.release();
    await until(() => answers.length === 1);
    expect(isResponseTo(readPacket(answers[0])!, readPacket(sent)!, SECRET)).toBe(true);
    expect(intake.taken).toHaveLength(1);
    expect(intake.taken[0]).toContain('127.0.0.1');
    expect(intake.taken[0].endsWith(Buffer.from(sent).toString('latin1'))).toBe(true);
  });

  it('that comes again is answered with the same bytes, and taken once', async () => {
    const send = await listening();
    intake.hold();
    for (let i = 0; i < 3; i++) send(request(1, 'one'));
    await until(() => intake.waiting === 1);
    intake.release();
    await until(() => answers.length === 1);
    send(request(1, 'one'));
    await until(() => answers.length === 2);
    expect(intake.taken).toHaveLength(1);
    expect(answers[0].equals(answers[1])).toBe(true);
    send(request(1, 'two'));
    await until(() => intake.taken.length === 2);
  });

  it('that found no room hears nothing, and is taken when it comes again', async () => {
    const send = await listening();
    intake.busy = true;
    send(request(1, 'one'));
    await until(() => collector.status().refused['busy'] === 1);
    expect(answers).toEqual([]);
    intake.busy = false;
    send(request(1, 'one'));
    await until(() => answers.length === 1);
    expect(intake.taken).toHaveLength(1);
  });

  it('of strangers, forgers and others is dropped and counted', async () => {
    const send = await listening();
    send(request(1, 'one', Buffer.from('wrong')));
    send(Buffer.from('noise'));
    send(makePacket(Code.accessRequest, 1, []));
    await until(() => Object.values(collector.status().refused).reduce((sum, count) => sum + count, 0) === 3);
    expect(collector.status().refused).toMatchObject({ stranger: 0, malformed: 1, forged: 1, other: 1, busy: 0 });
    await collector.stop();

    const strange = await listening({ clients: [{ address: '192.0.2.1', secret: SECRET }] });
    strange(request(1, 'one'));
    await until(() => collector.status().refused['stranger'] === 1);
    expect([intake.taken, answers]).toEqual([[], []]);
  });

  it('without Message-Authenticator is dropped, and counted apart, where the client must send one', async () => {
    const send = await listening({
      clients: [{ address: '127.0.0.1', secret: SECRET, requireMessageAuthenticator: true }],
    });
    send(request(1, 'one'));
    await until(() => collector.status().refused['noMessageAuthenticator'] === 1);
    const whole = makePacket(Code.accountingRequest, 2, [attribute(Attribute.messageAuthenticator, Buffer.alloc(16))]);
    whole.set(createHmac('md5', SECRET).update(whole).digest(), 22);
    send(signRequest(whole, SECRET));
    await until(() => answers.length === 1);
    expect(readPacket(answers[0])!.identifier).toBe(2);
    expect(intake.taken).toHaveLength(1);
    expect(collector.status().refused).toMatchObject({ forged: 0, noMessageAuthenticator: 1 });
  });

  it('answers Status-Server at once, and takes nothing by it', async () => {
    const send = await listening();
    const zero = attribute(Attribute.messageAuthenticator, Buffer.alloc(16));
    const status = makePacket(Code.statusServer, 9, [zero]);
    status.set(Buffer.alloc(16, 7), 4);
    status.set(createHmac('md5', SECRET).update(status).digest(), 22);
    send(status);
    await until(() => answers.length === 1);
    expect(readPacket(answers[0])!.code).toBe(Code.accountingResponse);
    expect(intake.taken).toEqual([]);
  });
});

describe('RADIUS over TLS', () => {
  let folder: string;
  const file = (name: string): string => path.join(folder, name);

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-radsec-'));
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const make = (name: string, ...args: string[]): void =>
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
        ...args,
      );
    make('authority');
    for (const name of ['localhost', 'bras']) make(name, '-CA', 'authority.pem', '-CAkey', 'authority.key');
    make('stranger');
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function radsec(): Promise<number> {
    await listening({
      tls: {
        host: '127.0.0.1',
        port: 0,
        certificateFile: file('localhost.pem'),
        keyFile: file('localhost.key'),
        clientsCaFile: file('authority.pem'),
        connectionsMax: 5,
      },
    });
    return Number(/RadSec on .*:(\d+)/.exec(collector.status().detail!)![1]);
  }

  const connect = (port: number, name: string): tls.TLSSocket =>
    tls.connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: fs.readFileSync(file('authority.pem')),
      cert: fs.readFileSync(file(`${name}.pem`)),
      key: fs.readFileSync(file(`${name}.key`)),
    });

  it('takes packets out of the stream, whole or in pieces, and answers each', async () => {
    const socket = connect(await radsec(), 'bras');
    let answered = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => (answered = Buffer.concat([answered, chunk])));
    const radsecSecret = Buffer.from('radsec');
    const [one, two] = [request(1, 'one', radsecSecret), request(2, 'two', radsecSecret)];
    const both = Buffer.concat([one, two]);
    socket.write(both.subarray(0, one.length + 5));
    await until(() => answered.length === 20);
    socket.write(both.subarray(one.length + 5));
    await until(() => answered.length === 40);
    expect(isResponseTo(readPacket(answered.subarray(20))!, readPacket(two)!, radsecSecret)).toBe(true);
    expect([intake.taken.length, collector.status().connections]).toEqual([2, 1]);
    socket.destroy();
  });

  it('reads no further while there is no room, and loses no request', async () => {
    const port = await radsec();
    intake.busy = true;
    const socket = connect(port, 'bras');
    let answered = 0;
    socket.on('data', (chunk: Buffer) => (answered += chunk.length));
    const packet = (id: number): Uint8Array => request(id, `session ${id}`, Buffer.from('radsec'));
    socket.write(packet(1));
    await until(() => collector.status().lastSeenMs !== null);
    socket.write(Buffer.concat([packet(2), packet(3)]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([intake.taken.length, answered]).toEqual([0, 0]);
    intake.busy = false;
    await until(() => answered === 60);
    expect([intake.taken.length, collector.status().refused['busy']]).toEqual([3, 0]);
    socket.destroy();
  });

  it('lets nobody in whose certificate comes from somebody else', async () => {
    const socket = connect(await radsec(), 'stranger');
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write(request(1, 'one', Buffer.from('radsec')));
    await ended;
    await until(() => collector.status().refused['stranger'] === 1);
    expect(intake.taken).toEqual([]);
  });
});
