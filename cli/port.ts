import { createServer } from 'node:net';

/** Why nobody could listen there, as the system's code (EADDRINUSE, EACCES...); null when it can be done. */
export function whyNotListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}
