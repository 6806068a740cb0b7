/** The HTTP server of the front: where it listens, and the secret by which commands on this machine reach it. */
import { randomBytes } from 'node:crypto';
import { TollgridError } from '../../platform/errors.ts';
import { createServer, DEFAULT_HTTP_CONFIG, type FrontServices } from '../http/index.ts';
import type { FrontParts } from './front.ts';

const CLOSE_WAIT_MS = 5_000;

export interface HttpServer {
  url: string;
  operatorToken: string;
  close(): Promise<void>;
}

export async function serveHttp(front: FrontParts, services: FrontServices, temporary: boolean): Promise<HttpServer> {
  const { server } = front.config;
  // A command's own front is nobody else's business: loopback, and a port of its own.
  const host = temporary ? '127.0.0.1' : server.host;
  const port = temporary ? 0 : server.port;
  const operatorToken = randomBytes(32).toString('base64url');
  const app = createServer({
    config: {
      ...DEFAULT_HTTP_CONFIG,
      host,
      port,
      bodyBytesMax: server.bodyBytesMax,
      ratioMax: server.packedRatioMax,
      limits: server.limits,
      apiKeysFile: server.apiKeysFile,
    },
    services,
    logger: front.logger.child({}, { level: 'warn' }),
    metrics: front.metrics.metrics,
    operatorToken,
  });
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new TollgridError(
      'PORT_TAKEN',
      `cannot listen on ${host}:${port} (${code})`,
      { host, port },
      { cause: error },
    );
  }
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${bound}`,
    operatorToken,
    close: async () => {
      // A client that sends a file slowly must not decide when this ends: what is not whole by then is sent again.
      const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_WAIT_MS);
      await app.close();
      clearTimeout(late);
    },
  };
}
