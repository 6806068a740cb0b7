export { Incoming } from './incoming.ts';
export type { RemoteSource } from './look.ts';
export { isPlainName, remotePath } from './names.ts';
export {
  FileTrouble,
  type RemoteEntry,
  type RemoteFile,
  type RemoteOptions,
  type RemoteServer,
  type RemoteSession,
  type RemoteStat,
} from './port.ts';
export { RemoteCollector } from './remote-collector.ts';
