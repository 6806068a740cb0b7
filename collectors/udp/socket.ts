/** A bound UDP socket with room for a burst. */
import dgram from 'node:dgram';
import { TollgridError } from '../../platform/errors.ts';

/** The system may grant less. */
const SYSTEM_BUFFER_BYTES = 8 * 1024 * 1024;

/** Error: SOURCE_UNREACHABLE. */
export async function bindUdp({ host, port }: { host: string; port: number }): Promise<dgram.Socket> {
  const socket = dgram.createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: SYSTEM_BUFFER_BYTES,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      reject(new TollgridError('SOURCE_UNREACHABLE', `cannot listen on ${host}:${port}: ${error.message}`));
    });
    socket.bind({ address: host, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  // An answer that cannot be delivered is reported here; it must not end the process.
  socket.on('error', () => undefined);
  return socket;
}

export function closeUdp(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
