/** Bound UDP sockets with room for a burst. */
import dgram from 'node:dgram';
import { TollgridError } from '../../platform/errors.ts';

/** The system may grant less. */
const SYSTEM_BUFFER_BYTES = 8 * 1024 * 1024;

interface Place {
  host: string;
  port: number;
}

/** `shared`: `joinUdp` may add sockets at the same place. Error: SOURCE_UNREACHABLE. */
export async function bindUdp({ host, port }: Place, { shared = false } = {}): Promise<dgram.Socket> {
  const alone = await bind({ host, port }, false);
  if (!shared) return quiet(alone);
  // A place that may be shared is also given to another program: so it is tried alone first.
  const { port: found } = alone.address();
  await closeUdp(alone);
  return quiet(await bind({ host, port: found }, true));
}

/**
 * A socket at the place of another one, for the datagrams of one sender alone. `listen` is called before any can come.
 * Throws what the system says.
 */
export async function joinUdp(
  other: dgram.Socket,
  sender: { address: string; port: number },
  listen: (socket: dgram.Socket) => void,
): Promise<dgram.Socket> {
  const { address: host, port } = other.address();
  const socket = await bind({ host, port }, true, listen);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(sender.port, sender.address, resolve);
    });
  } catch (error) {
    await closeUdp(socket);
    throw error;
  }
  return quiet(socket);
}

async function bind(
  { host, port }: Place,
  reuseAddr: boolean,
  listen: (socket: dgram.Socket) => void = () => undefined,
): Promise<dgram.Socket> {
  const socket = dgram.createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: SYSTEM_BUFFER_BYTES,
    reuseAddr,
  });
  listen(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      reject(new TollgridError('SOURCE_UNREACHABLE', `cannot listen on ${host}:${port}: ${error.message}`));
    });
    socket.bind({ address: host, port, exclusive: true }, resolve);
  });
  return socket;
}

/** An answer that cannot be delivered is reported to the socket; it must not end the process. */
function quiet(socket: dgram.Socket): dgram.Socket {
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  return socket;
}

export function closeUdp(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
