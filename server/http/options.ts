import type { FastifyBaseLogger } from 'fastify';
import type { PushRates } from './budgets.ts';
import type { Metrics } from './metrics.ts';
import type { FrontServices } from './services.ts';

export interface HttpConfig {
  /** Address to listen on. Others than loopback need API keys. */
  host: string;
  port: number;
  /** YAML list of { id, sha256, scopes, division?, sources? }; see api-keys.ts. */
  apiKeysFile?: string | undefined;
  bodyBytesMax: number;
  /** Limit of one uploaded file. */
  fileBytesMax: number;
  /** Unpacked bytes for each byte of a packed body. */
  ratioMax: number;
  /** Of each key; 0 = none. */
  limits: PushRates & { requestsPerSecond: number };
  /** Time to receive a whole request, files too. */
  requestTimeoutMs: number;
  headersTimeoutMs: number;
  keepAliveTimeoutMs: number;
}

export const DEFAULT_HTTP_CONFIG: HttpConfig = {
  host: '127.0.0.1',
  port: 8400,
  bodyBytesMax: 16 * 1024 * 1024,
  fileBytesMax: 16 * 1024 * 1024 * 1024,
  ratioMax: 200,
  limits: { requestsPerSecond: 0, eventsPerSecond: 0, bytesPerSecond: 0 },
  requestTimeoutMs: 600_000,
  headersTimeoutMs: 20_000,
  keepAliveTimeoutMs: 72_000,
};

/** A price list of a million prefixes has about 20 MB. */
export const TARIFF_BYTES_MAX = 256 * 1024 * 1024;

export interface ServerOptions {
  config: HttpConfig;
  services: FrontServices;
  logger?: FastifyBaseLogger;
  metrics?: Metrics;
  /** Secret by which commands on this machine are the operator although API keys are configured. */
  operatorToken?: string;
}
