/** Exchanges that send call lines over TCP and UDP, and meters that push frames, over plain sockets: Tollgrid dies in the middle. */
import dgram from 'node:dgram';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { SuspendedRecord } from '../../../schemas/api/suspense.ts';
import { pause, until } from '../../support/until.ts';
import { freePort, TollgridProcess } from './tollgrid-process.ts';

const CALLS = 400;
/** Over UDP, with numbers that no call over TCP has: the first of them are durable before the kill. */
const OVER_UDP = { from: 1000, durable: 1030, to: 1150 };
let town: TollgridProcess;
let ports: { pbx: number; meters: number; branch: number };

function line(no: number): string {
  const time = new Date(Date.UTC(2026, 9, 20, 10) + no * 60_000)
    .toISOString()
    .slice(0, 19)
    .replaceAll('-', '/')
    .replace('T', ' ');
  return `${time},00:01:00,5,380442209001,O,380971112233,0971112233,,0,${1000 + no},0,E430,Lab,T9011,LINE 3.1,0,0,,,,,,,,,,,,,\r\n`;
}

function frame(no: number): Buffer {
  const apdu = Buffer.from([0x0f, 0, 0, no >> 8, no & 255, 0]);
  return Buffer.concat([Buffer.from([0, 1, 0, 1, 0, 0x10, 0, apdu.length]), apdu]);
}

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.on('error', () => undefined);
  return socket;
}

/** A datagram for each line. */
async function sendDatagrams(from: number, to: number): Promise<void> {
  const socket = dgram.createSocket('udp4');
  for (let no = from; no < to; no++) {
    await new Promise((resolve) => socket.send(line(no), ports.branch, '127.0.0.1', resolve));
  }
  socket.close();
}

beforeAll(async () => {
  town = new TollgridProcess('sockets');
  ports = { pbx: await freePort(), meters: await freePort(), branch: await freePort('udp') };
  town.writeTown([
    { name: 'pbx', kind: 'tcp', format: 'avaya-smdr', tcp: { port: ports.pbx } },
    { name: 'meters', kind: 'tcp', format: 'dlms-push', tcp: { port: ports.meters, framing: 'dlms' } },
    { name: 'branch', kind: 'udp', format: 'avaya-smdr', udp: { port: ports.branch } },
  ]);
  await town.startTaking();
});
afterAll(() => town.remove());

describe('senders over plain sockets', () => {
  it('are charged once and kept whole, although Tollgrid is killed while they send', async () => {
    const [pbx, meter] = [await connected(ports.pbx), await connected(ports.meters)];
    for (let no = 0; no < 10; no++) meter.write(frame(no));
    const { from, durable, to } = OVER_UDP;
    await sendDatagrams(from, durable);
    await town.audited(({ total }) => total.suspended >= 10 && total.rated === durable - from);
    await sendDatagrams(durable, to);
    for (let no = 0; no < CALLS; no++) pbx.write(line(no));
    for (let no = 10; no < 300; no++) meter.write(frame(no));
    await pause(20);
    await town.kill();
    await town.startTaking();

    // What had come and was not in the log yet is lost with UDP; what was in it is there once, however often it is sent.
    const branchOf = ({ records }: AuditReport) => records.find(({ source }) => source === 'branch')!;
    const before = branchOf(await town.audited(({ closes }) => closes, 'source'));
    expect(before.rated).toBeGreaterThanOrEqual(durable - from);
    await sendDatagrams(from, to);
    const after = await town.audited((report) => branchOf(report).received >= before.received + to - from, 'source');
    expect([after.closes, branchOf(after).rated, branchOf(after).duplicate]).toEqual([true, to - from, before.rated]);

    // A line has no acknowledgement: the exchange sends again what it keeps, and its calls are known.
    const again = await connected(ports.pbx);
    again.end(Array.from({ length: CALLS }, (_, no) => line(no)).join(''));
    const next = await connected(ports.meters);
    next.write(frame(300));
    next.end(frame(301).subarray(0, 10));
    // All of the second line comes but its end: nobody knows that, so nobody pays for it.
    const broken = await connected(ports.pbx);
    broken.write(line(CALLS) + line(CALLS + 1).trimEnd());
    await town.audited(({ total }) => total.rated > CALLS + to - from);
    broken.resetAndDestroy();
    const suspended = (): Promise<Page<SuspendedRecord>> => town.api.get('/v1/suspense', { limit: 1000 });
    await until('both pieces are in suspense', async () => {
      const { items } = await suspended();
      return items.filter(({ code }) => code === 'DECODE_PIECE').length === 2;
    });
    const report = await town.audited(({ total }) => total.suspended >= 13);
    expect(report.closes).toBe(true);
    expect(report.total.rated).toBe(CALLS + 1 + to - from);
    expect(report.total.received).toBe(report.total.rated + report.total.duplicate + report.total.suspended);

    const { items } = await suspended();
    expect(items.length).toBe(report.total.suspended);
    const kinds = items.map(({ code, format }) => `${code} ${format}`);
    expect(new Set(kinds)).toEqual(
      new Set(['DECODE_LATER dlms-push', 'DECODE_PIECE dlms-push', 'DECODE_PIECE avaya-smdr']),
    );
  });
});
