import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DLMS_WRAPPER,
  fixedFrames,
  FrameSplitter,
  framesWithLength,
  type FrameRule,
} from '../../../collectors/frames/index.ts';
import { TcpCollector, type TcpOptions } from '../../../collectors/tcp/index.ts';
import { FakeRecords, FakeSurroundings, portOf, until } from '../support.ts';

const OPTIONS: TcpOptions = {
  mode: 'listen',
  host: '127.0.0.1',
  port: 0,
  clients: [],
  connectionsMax: 2,
  lineBytesMax: 100,
  lineSeconds: 60,
  idleSeconds: 60,
};

let intake: FakeRecords;
let surroundings: FakeSurroundings;
let collector: TcpCollector;
const sockets: net.Socket[] = [];

beforeEach(() => {
  intake = new FakeRecords();
  surroundings = new FakeSurroundings();
});
afterEach(async () => {
  intake.release();
  for (const socket of sockets.splice(0)) socket.destroy();
  await collector.stop();
});

async function listening(options: Partial<TcpOptions> = {}): Promise<number> {
  collector = new TcpCollector({ ...OPTIONS, ...options }, intake, surroundings);
  await collector.start();
  return portOf(collector.status().detail);
}

function client(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  sockets.push(socket);
  return socket;
}

describe('lines over TCP', () => {
  it('become records, also in pieces, of several senders, and without the last line end', async () => {
    const port = await listening();
    const [one, two] = [client(port), client(port)];
    one.write('call 1\r\ncall');
    two.end('other 1\nother 2');
    await until(() => intake.taken.length === 3);
    one.write(' 2\r\n');
    await until(() => intake.taken.length === 4);
    expect([...intake.taken].sort()).toEqual(['call 1', 'call 2', 'other 1', 'other 2']);
    await until(() => collector.status().connections === 1);
    expect(collector.status()).toMatchObject({
      state: 'taking',
      lastSeenMs: 1000,
      refused: { stranger: 0, connections: 0, slow: 0, malformed: 0 },
    });
  });

  it('are read no faster than the log takes them', async () => {
    const port = await listening();
    intake.hold();
    const socket = client(port);
    const line = `${'x'.repeat(90)}\n`;
    let sent = 0;
    while (socket.write(line.repeat(1000))) sent += 1000;
    // The first chunk waits for the log; the rest waits in the sender, who is not drained.
    await until(() => intake.waiting === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([intake.waiting, intake.taken.length]).toEqual([1, 0]);
    intake.release();
    socket.end();
    await until(() => intake.taken.length >= sent);
  });

  it('are waited for only while Tollgrid itself does not keep the sender waiting', async () => {
    const port = await listening({ lineSeconds: 1, idleSeconds: 1 });
    intake.hold();
    const socket = client(port);
    socket.write('begun ');
    await until(() => collector.status().lastSeenMs !== null);
    socket.write('first\nsecond is in ');
    await until(() => intake.waiting === 1);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    socket.write('time\n');
    intake.release();
    await until(() => intake.taken.length === 2 || collector.status().connections === 0);
    expect(intake.taken).toEqual(['begun first', 'second is in time']);
    expect(surroundings.warnings).toEqual([]);
  });

  it('that are not finished when their connection breaks are pieces', async () => {
    const port = await listening();
    const [reset, stopped] = [client(port), client(port)];
    reset.write('whole\r\nreset in the mid');
    stopped.write('stopped in the mid');
    await until(() => intake.taken.length === 1 && collector.status().connections === 2);
    reset.resetAndDestroy();
    await until(() => intake.pieces.length === 1);
    await collector.stop();
    expect([intake.taken, intake.pieces]).toEqual([['whole'], ['reset in the mid', 'stopped in the mid']]);
  });

  it('that have arrived when the collector stops are taken, also behind those that wait for the log', async () => {
    const port = await listening();
    intake.hold();
    const socket = client(port);
    socket.write('first\n');
    await until(() => intake.waiting === 1);
    await new Promise((resolve) => socket.write('second\nthird in the mid', resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = collector.stop();
    intake.release();
    await stopped;
    expect([intake.taken, intake.pieces]).toEqual([['first', 'second'], ['third in the mid']]);
  });

  it('of a sender that falls silent are pieces too, also when it hangs up in answer', async () => {
    const port = await listening({ idleSeconds: 0.1 });
    client(port).write('whole\nsilent in the mid');
    await until(() => collector.status().connections === 0 && intake.taken.length === 1);
    expect([intake.taken, intake.pieces]).toEqual([['whole'], ['silent in the mid']]);
  });

  it('that are too long are kept in pieces', async () => {
    const port = await listening({ lineBytesMax: 4 });
    client(port).end('abcdefghij\nxyz\n');
    await until(() => intake.taken.length === 1 && intake.pieces.length === 3);
    expect([intake.taken, intake.pieces]).toEqual([['xyz'], ['abcd', 'efgh', 'ij']]);
  });

  it('that never end close their connection; the piece is kept', async () => {
    const port = await listening({ lineSeconds: 0.05 });
    const socket = client(port);
    socket.write('half a l');
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => intake.pieces.length === 1);
    expect([intake.taken, intake.pieces]).toEqual([[], ['half a l']]);
    expect(surroundings.warnings).toEqual(['SENDER_SLOW']);
  });

  it('that get a byte now and then end all the same', async () => {
    const port = await listening({ lineSeconds: 0.1 });
    const socket = client(port);
    const dripping = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    await until(() => intake.pieces.length === 1);
    expect(intake.pieces[0]).toMatch(/^x+$/);
    expect(collector.status().refused).toMatchObject({ slow: 1 });
  });

  it('do not end while whole lines come, however long that lasts', async () => {
    const port = await listening({ lineSeconds: 0.1 });
    const socket = client(port);
    for (let no = 0; no < 15; no++) {
      socket.write('whole\nhal');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(collector.status().refused).toMatchObject({ slow: 0 });
    expect(collector.status().connections).toBe(1);
  });

  it('lose the NUL bytes in front of them', async () => {
    const port = await listening();
    client(port).write('\0\0call 1\r\n\0\r\n\0call 2\n');
    await until(() => intake.taken.length === 2);
    expect(intake.taken).toEqual(['call 1', 'call 2']);
  });

  it('come from no more senders than allowed, and from none that is foreign', async () => {
    const port = await listening({ connectionsMax: 1 });
    client(port).write('a\n');
    await until(() => intake.taken.length === 1);
    await new Promise((resolve) => client(port).once('close', resolve));
    expect(collector.status().refused).toMatchObject({ stranger: 0, connections: 1 });
    await collector.stop();

    const closedPort = await listening({ clients: ['192.0.2.1'] });
    await new Promise((resolve) => client(closedPort).once('close', resolve));
    expect(collector.status()).toMatchObject({ refused: { stranger: 1 }, connections: 0 });
  });

  it('that were read are durable when the collector has stopped', async () => {
    const port = await listening();
    intake.hold();
    client(port).write('last\n');
    await until(() => intake.waiting === 1);
    const stopped = collector.stop().then(() => [...intake.taken]);
    setTimeout(() => intake.release(), 30);
    expect(await stopped).toEqual(['last']);
  });

  it('come from a device that Tollgrid connects to, and again when it comes back', async () => {
    const device = net.createServer((socket) => socket.on('error', () => undefined).end('from the device\n'));
    await new Promise<void>((resolve) => device.listen(0, '127.0.0.1', resolve));
    const { port } = device.address() as net.AddressInfo;
    collector = new TcpCollector({ ...OPTIONS, mode: 'connect', port }, intake, surroundings);
    await collector.start();
    await until(() => intake.taken.length === 1);
    expect(await collector.test()).toEqual([`127.0.0.1:${port} answers`]);
    await new Promise((resolve) => device.close(resolve));
    await expect(collector.test()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(collector.status()).toMatchObject({ state: 'waiting' });
  });

  it('need an address that is free', async () => {
    const port = await listening();
    const second = new TcpCollector({ ...OPTIONS, port }, intake, surroundings);
    await expect(second.start()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    await expect(second.test()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await collector.test()).toEqual([`listens on 127.0.0.1:${port}`]);
  });
});

describe('frames over TCP', () => {
  const payloads = (taken: string[] = intake.taken): string[] =>
    taken.map((one) => Buffer.from(one, 'latin1').subarray(21).toString('hex'));

  it('are kept whole, also in pieces, with sender and time of receipt', async () => {
    const port = await listening({ frames: DLMS_WRAPPER });
    const socket = client(port);
    socket.write(Buffer.from('000100010010000' + '30f0a0b0001', 'hex'));
    await until(() => intake.taken.length === 1);
    socket.end(Buffer.from('00010010' + '00010c', 'hex'));
    await until(() => intake.taken.length === 2);
    expect(payloads()).toEqual(['00010001001000030f0a0b', '00010001001000010c']);
    expect(Buffer.from(intake.taken[0], 'latin1').subarray(4, 21).toString('hex')).toBe(
      '01' + '0000000003e8' + '09' + Buffer.from('127.0.0.1').toString('hex'),
    );
  });

  it('that are none end their connection; the bytes are kept and counted', async () => {
    const port = await listening({ frames: DLMS_WRAPPER });
    const socket = client(port);
    socket.write(Buffer.from('000100010010000' + '10c' + '7ea00a0b' + '00000000', 'hex'));
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => intake.pieces.length === 1);
    expect([payloads(), payloads(intake.pieces)]).toEqual([['00010001001000010c'], ['7ea00a0b00000000']]);
    expect(surroundings.warnings).toEqual(['FRAME_BROKEN']);
    expect(collector.status().refused).toMatchObject({ malformed: 1 });
  });

  it('that are not whole are pieces, also when their sender ended in order', async () => {
    const port = await listening({ frames: DLMS_WRAPPER });
    client(port).end(Buffer.from('0001000100100001' + '0c' + '00010001001000030f', 'hex'));
    await until(() => intake.pieces.length === 1);
    expect([payloads(), payloads(intake.pieces)]).toEqual([['00010001001000010c'], ['00010001001000030f']]);
  });

  it('may have a length of any kind', () => {
    const cut = (rule: FrameRule, ...hex: string[]): string[] => {
      const splitter = new FrameSplitter(rule, 100);
      const splits = [...hex.map((chunk) => splitter.push(Buffer.from(chunk, 'hex'))), splitter.end()];
      const text = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
      return splits.flatMap(({ whole, pieces }) => [...whole.map(text), ...pieces.map((one) => `piece ${text(one)}`)]);
    };
    expect(cut(fixedFrames(3), '0102', '030405', '06', '07')).toEqual(['010203', '040506', 'piece 07']);
    const afterMark = framesWithLength({ offset: 1, bytes: 1, littleEndian: false, adds: 2 });
    expect(cut(afterMark, '68', '02aabb68', '00')).toEqual(['6802aabb', '6800']);
    const little = framesWithLength({ offset: 0, bytes: 4, littleEndian: true, adds: 4 });
    expect(cut(little, '02000000' + 'aabb' + '01000000cc')).toEqual(['02000000aabb', '01000000cc']);
    // Counts itself, and says less than its own header: broken.
    const whole = framesWithLength({ offset: 0, bytes: 2, littleEndian: false, adds: 0 });
    expect(cut(whole, '0004aabb' + '0001cc')).toEqual(['0004aabb', 'piece 0001cc']);
    expect(cut(whole, 'ffff00')).toEqual(['piece ffff00']);
  });
});
