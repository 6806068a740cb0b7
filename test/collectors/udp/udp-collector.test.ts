import dgram from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UdpCollector } from '../../../collectors/udp/index.ts';
import { FakeRecords, FakeSurroundings, portOf, until } from '../support.ts';

let intake: FakeRecords;
let surroundings: FakeSurroundings;
let collector: UdpCollector;
let sender: dgram.Socket;

beforeEach(() => {
  intake = new FakeRecords();
  surroundings = new FakeSurroundings();
  sender = dgram.createSocket('udp4');
});
afterEach(async () => {
  sender.close();
  await collector.stop();
});

async function listening(
  clients: string[] = [],
  framing: 'lines' | 'datagram' = 'lines',
): Promise<(text: string) => void> {
  collector = new UdpCollector({ host: '127.0.0.1', port: 0, clients, framing }, intake, surroundings);
  await collector.start();
  const port = portOf(collector.status().detail);
  return (text) => sender.send(text, port, '127.0.0.1');
}

describe('datagrams', () => {
  it('hold one record a line, with or without a line end', async () => {
    const send = await listening();
    send('one');
    send('two\r\nthree\n');
    await until(() => intake.taken.length === 3);
    expect([...intake.taken].sort()).toEqual(['one', 'three', 'two']);
    expect(collector.status()).toMatchObject({ state: 'taking', refused: { stranger: 0, busy: 0 }, lastSeenMs: 1000 });
  });

  it('are kept whole where they are frames, with sender and time of receipt', async () => {
    const send = await listening([], 'datagram');
    send('\u0000\u0001a\nb');
    await until(() => intake.taken.length === 1);
    // Length, version 1, 1000 ms, the sender's address, and the datagram.
    expect(Buffer.from(intake.taken[0], 'latin1').toString('hex')).toBe(
      '00000016' + '01' + '0000000003e8' + '09' + Buffer.from('127.0.0.1').toString('hex') + '000161' + '0a62',
    );
  });

  it('of strangers, and those without room, are counted as refused', async () => {
    const send = await listening();
    intake.busy = true;
    send('too much');
    await until(() => collector.status().refused['busy'] === 1);
    expect([intake.taken, surroundings.warnings]).toEqual([[], ['INTAKE_BUSY']]);
    await collector.stop();

    const stranger = await listening(['192.0.2.1']);
    stranger('hello');
    await until(() => collector.status().refused['stranger'] === 1);
    expect(intake.taken).toEqual([]);
  });

  it('need an address that is free', async () => {
    await listening();
    const port = portOf(collector.status().detail);
    const second = new UdpCollector({ host: '127.0.0.1', port, clients: [], framing: 'lines' }, intake, surroundings);
    await expect(second.start()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await collector.test()).toEqual([`listens on 127.0.0.1:${port}`]);
  });
});
