/** The collector of a configured source. A new kind is one more case here, and a section of the configuration. */
import path from 'node:path';
import { FolderCollector, type FileIntake } from '../../collectors/files/index.ts';
import { FtpServer } from '../../collectors/ftp/index.ts';
import type { Collector, RecordIntake, Surroundings } from '../../collectors/index.ts';
import { RadiusCollector, type RadiusOptions } from '../../collectors/radius/index.ts';
import {
  Incoming,
  RemoteCollector,
  type RemoteOptions,
  type RemoteServer,
} from '../../collectors/remote-files/index.ts';
import { SftpServer } from '../../collectors/sftp/index.ts';
import { TcpCollector } from '../../collectors/tcp/index.ts';
import { UdpCollector } from '../../collectors/udp/index.ts';
import { currentBootId } from '../../platform/boot-id.ts';
import type { FtpConfig, RadiusConfig, SftpConfig, SourceConfig } from '../../platform/config.ts';
import { readSecretFile } from '../../platform/secret-file.ts';

export interface CollectorPorts {
  files: FileIntake;
  records: RecordIntake;
  surroundings: Surroundings;
  /** Where files wait that are fetched from other machines. */
  incomingDir: string;
}

/** Which sections exist was checked with the configuration. */
export function makeCollector(source: SourceConfig, ports: CollectorPorts): Collector {
  const { files, records, surroundings } = ports;
  switch (source.kind) {
    case 'files':
      return new FolderCollector({ ...source, directory: source.directory! }, files, surroundings);
    case 'tcp':
      return new TcpCollector(source.tcp!, records, surroundings);
    case 'udp':
      return new UdpCollector(source.udp!, records, surroundings);
    case 'radius':
      return new RadiusCollector(withSecrets(source.radius!), records, surroundings);
    case 'sftp':
      return remote(source, source.sftp!, sftpServer(source.sftp!), ports);
    case 'ftp':
      return remote(
        source,
        source.ftp!,
        ftpServer(source.ftp!, () => surroundings.now()),
        ports,
      );
  }
}

/** Error: SECRET_UNREADABLE. Read at each start of the source, so that a changed secret needs no restart of Tollgrid. */
function withSecrets({ clients, ...rest }: RadiusConfig): RadiusOptions {
  return {
    ...rest,
    clients: clients.map(({ address, secretFile }) => ({ address, secret: readSecretFile(secretFile) })),
  };
}

function remote(
  { name, format, pattern, complete, markerSuffix, fileBytesMax }: SourceConfig,
  folder: Omit<RemoteOptions, 'fileBytesMax'>,
  server: RemoteServer,
  { files, surroundings, incomingDir }: CollectorPorts,
): Collector {
  const source = { ...folder, name, format, pattern, complete, markerSuffix, fileBytesMax };
  return new RemoteCollector(
    source,
    server,
    files,
    new Incoming(path.join(incomingDir, name), currentBootId()),
    surroundings,
  );
}

/** Error: SECRET_UNREADABLE. */
function sftpServer({ passwordFile, privateKeyFile, passphraseFile, ...rest }: SftpConfig): SftpServer {
  const text = (file: string | undefined) => (file === undefined ? undefined : readSecretFile(file).toString('utf8'));
  return new SftpServer({
    ...rest,
    password: text(passwordFile),
    passphrase: text(passphraseFile),
    privateKey: privateKeyFile === undefined ? undefined : readSecretFile(privateKeyFile),
  });
}

/** Error: SECRET_UNREADABLE. */
function ftpServer({ passwordFile, caFile, ...rest }: FtpConfig, now: () => number): FtpServer {
  const ca = caFile === undefined ? undefined : readSecretFile(caFile);
  return new FtpServer({ ...rest, password: readSecretFile(passwordFile).toString('utf8'), ca }, now);
}
