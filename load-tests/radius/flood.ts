/** Junk, as fast as it goes, until it is killed: from a known address and from a strange one. Arguments: port, secret of the good ones. */
import dgram from 'node:dgram';
import { junk } from './junk.ts';
import { createRandom } from '../../cli/generate/index.ts';

const port = Number(process.argv[2]);
const SECRET = Buffer.from(process.argv[3]);
const random = createRandom(7, 'flood');
const packets = Array.from({ length: 4096 }, () => junk(random, SECRET).bytes);
const sockets = await Promise.all(
  ['127.0.0.1', '127.0.0.1', '127.0.0.9'].map(async (address) => {
    const socket = dgram.createSocket({ type: 'udp4', sendBufferSize: 4 << 20 });
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
    socket.on('error', () => undefined);
    return socket;
  }),
);
let sent = 0;
process.on('SIGTERM', () => {
  process.stdout.write(`${sent}\n`, () => process.exit(0));
});
for (;;) {
  for (let i = 0; i < 200; i++) sockets[sent % sockets.length].send(packets[sent++ % packets.length]);
  await new Promise((resolve) => setImmediate(resolve));
}
