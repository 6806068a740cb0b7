import dgram from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../../cli/generate/index.ts';
import { Accounting } from '../../../collectors/radius/accounting.ts';
import { signRequest } from '../../../collectors/radius/authenticators.ts';
import { RadiusCollector } from '../../../collectors/radius/index.ts';
import { attribute, Attribute, Code, makePacket } from '../../../collectors/radius/packet.ts';
import { junk } from '../../../load-tests/radius/junk.ts';
import { FakeRecords, FakeSurroundings, until } from '../support.ts';

const SECRET = Buffer.from('a secret of the test');
const PACKETS = 100_000;

let intake: FakeRecords;
beforeEach(() => {
  intake = new FakeRecords();
});

function request(id: number, session: string): Uint8Array {
  const bytes = makePacket(Code.accountingRequest, id, [attribute(Attribute.acctSessionId, Buffer.from(session))]);
  return signRequest(bytes, SECRET);
}

describe('broken, forged and misdirected packets', () => {
  it(`are all dropped and counted by their reason: ${PACKETS} of them`, () => {
    const accounting = new Accounting(intake, new FakeSurroundings());
    const random = createRandom(20261122, 'junk');
    const expected = { stranger: 0, malformed: 0, forged: 0, noMessageAuthenticator: 0, other: 0, busy: 0 };
    const sender = { address: '127.0.0.1', port: 1, secret: SECRET };
    for (let i = 0; i < PACKETS; i++) {
      const { bytes, reason } = junk(random, SECRET);
      expected[reason]++;
      expect(accounting.handle(bytes, sender)).toBeNull();
    }
    expect(accounting.dropped).toEqual(expected);
    expect(Object.values(expected).filter((count) => count > 5000)).toHaveLength(3);
    expect(intake.taken).toEqual([]);
    expect(accounting.lastSeenMs).toBeNull();
  });
});

describe('a sender that has proved who it is', () => {
  let collector: RadiusCollector;
  const sockets: dgram.Socket[] = [];

  async function sender(address = '127.0.0.1'): Promise<{ send: (bytes: Uint8Array) => void; answers: Buffer[] }> {
    const socket = dgram.createSocket('udp4');
    const answers: Buffer[] = [];
    socket.on('message', (bytes) => answers.push(bytes));
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    sockets.push(socket);
    const port = Number(/:(\d+)/.exec(collector.status().detail!)![1]);
    return { send: (bytes) => socket.send(bytes, port, '127.0.0.1'), answers };
  }

  beforeEach(async () => {
    const clients = [{ address: '127.0.0.1', secret: SECRET }];
    collector = new RadiusCollector({ host: '127.0.0.1', port: 0, clients }, intake, new FakeSurroundings());
    await collector.start();
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    intake.release();
    await collector.stop();
  });

  it('gets a socket of its own when it comes back, and is answered from the same address and port as before', async () => {
    const one = await sender();
    for (let id = 1; id <= 3; id++) {
      expect(collector.status().connections).toBe(0);
      one.send(request(id, `s-${id}`));
      await until(() => one.answers.length === id);
    }
    await until(() => collector.status().connections === 1);
    one.send(request(4, 'fourth'));
    await until(() => one.answers.length === 4);
    expect(intake.taken).toHaveLength(4);
    // What is forged proves nothing.
    const other = await sender();
    other.send(junk(createRandom(1), SECRET).bytes);
    const third = await sender();
    for (let id = 1; id <= 3; id++) third.send(request(id, `t-${id}`));
    await until(() => collector.status().connections === 2);
    expect(third.answers.length).toBeLessThanOrEqual(3);
  });

  it('shares no place with a flood from elsewhere', async () => {
    const good = await sender();
    for (let id = 201; id <= 203; id++) good.send(request(id, `s-${id}`));
    await until(() => collector.status().connections === 1);
    const bad = await sender('127.0.0.9');
    const random = createRandom(2);
    for (let i = 0; i < 5000; i++) bad.send(junk(random, SECRET).bytes);
    for (let id = 1; id <= 200; id++) good.send(request(id, `s-${id}`));
    await until(() => good.answers.length === 203);
    expect(intake.taken).toHaveLength(203);
  });

  it('has it from one Tollgrid alone: another finds the port taken', async () => {
    const port = Number(/:(\d+)/.exec(collector.status().detail!)![1]);
    const clients = [{ address: '127.0.0.1', secret: SECRET }];
    const second = new RadiusCollector({ host: '127.0.0.1', port, clients }, intake, new FakeSurroundings());
    await expect(second.start()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});
