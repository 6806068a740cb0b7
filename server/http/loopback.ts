/**
 * Without API keys the caller is trusted for being on this machine, so it must really be, and must mean us:
 * a web page can aim the user's own browser at loopback (DNS rebinding, cross-site forms), and a proxy on this
 * machine can carry in anybody.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { TollgridError } from '../../platform/errors.ts';

const HOST = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?$/i;
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a name to listen on, or a peer's address, is this machine only. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:/, '');
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}

export interface Arrival {
  method: string;
  headers: IncomingHttpHeaders;
  remoteAddress: string;
  /** The port the request came in on. */
  port: number;
}

export function isDirectAndLocal({ headers, remoteAddress }: Arrival): boolean {
  return isLoopback(remoteAddress) && !PROXY_HEADERS.some((name) => headers[name] !== undefined);
}

/** Throws HOST_REFUSED or ORIGIN_REFUSED. */
export function refuseStrangers(arrival: Arrival): void {
  const { headers, method, port } = arrival;
  if (!isDirectAndLocal(arrival)) {
    throw new TollgridError('HOST_REFUSED', 'The request came through a proxy or from another machine.');
  }
  const host = headers.host ?? '';
  const match = HOST.exec(host);
  if (!match || Number(match[2] ?? 80) !== port) {
    throw new TollgridError('HOST_REFUSED', 'The Host header does not name this server on this machine.', { port });
  }
  if (SAFE_METHODS.has(method)) return;
  const { origin } = headers;
  const foreign = origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`;
  if (foreign || headers['sec-fetch-site'] === 'cross-site') {
    throw new TollgridError('ORIGIN_REFUSED', 'The request was made by a page of another origin.');
  }
}
