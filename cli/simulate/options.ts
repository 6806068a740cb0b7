import { TollgridError } from '../../platform/errors.ts';
import { parseFaults, type Faults } from '../../simulator/index.ts';
import type { OptionSpec } from '../command.ts';
import { wholeNumber } from '../options.ts';

export interface Endpoint {
  host: string;
  port: number;
}

export interface SimulateOptions {
  config?: string;
  town?: boolean;
  seed: number;
  minutes: number;
  events?: number;
  rate: number;
  speed: number;
  subscribers?: number;
  meters?: number;
  faults: Faults;
  url?: string;
  keyFile?: string;
  lines?: Endpoint;
  folder?: string;
  radius?: Endpoint;
  secretFile?: string;
  mqtt?: string;
  source: string;
  patience: number;
}

export function endpoint(text: string): Endpoint {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new TollgridError('ARGUMENTS_INVALID', `"${text}" is no address: host:port`);
  }
  return { host: (host ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: Number(port) };
}

function positive(text: string): number {
  const value = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new TollgridError('ARGUMENTS_INVALID', `"${text}" is not a number above 0`);
}

export const OPTIONS: readonly OptionSpec[] = [
  { flags: '--town', text: 'Against `npm start`: the sample town, and show each charge when it is there' },
  { flags: '--seed <n>', text: 'The same seed and time give the same events', default: '1', parse: wholeNumber },
  { flags: '--minutes <n>', text: 'How long', default: '1', parse: positive },
  { flags: '--events <n>', text: 'End after that many events', parse: wholeNumber },
  { flags: '--rate <n>', text: 'Events a second, all kinds together', default: '5', parse: positive },
  { flags: '--speed <n>', text: "Devices' time runs that many times as fast", default: '1', parse: positive },
  { flags: '--subscribers <n>', text: 'Use the first so many numbers and logins', parse: wholeNumber },
  { flags: '--meters <n>', text: 'Use the first so many meters', parse: wholeNumber },
  {
    flags: '--faults <list>',
    text: 'loss, repeats, disorder, lost stops in percent; drift in seconds; storms; burst as a factor: `loss=5,storms=1`',
    default: '',
    parse: parseFaults,
  },
  { flags: '--url <url>', text: 'Where the API answers; otherwise the Tollgrid that runs here' },
  { flags: '--key-file <file>', text: 'File with an API key: usage:write, sources:read, audit:read' },
  {
    flags: '--lines <address>',
    text: 'Calls: where lines go over TCP; otherwise the first TCP source',
    parse: endpoint,
  },
  { flags: '--folder <folder>', text: 'Calls: leave files of the format `exchange` there instead' },
  {
    flags: '--radius <address>',
    text: 'Sessions: where packets go; otherwise the first RADIUS source',
    parse: endpoint,
  },
  { flags: '--secret-file <file>', text: 'Sessions: the secret; otherwise that of the configuration' },
  { flags: '--mqtt <url>', text: 'Readings: publish to this broker (as Tasmota) instead of pushing over HTTP' },
  { flags: '--source <name>', text: 'Readings: the source they are pushed as', default: 'simulated-meters' },
  { flags: '--patience <seconds>', text: 'How long to wait for answers at the end', default: '60', parse: wholeNumber },
];
