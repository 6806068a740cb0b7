/** The collector of a configured source. A new kind is one more case here, and a section of the configuration. */
import path from 'node:path';
import { FolderCollector, type FileIntake } from '../../collectors/files/index.ts';
import type { Collector, RecordIntake, Surroundings } from '../../collectors/index.ts';
import { RadiusCollector, type RadiusOptions } from '../../collectors/radius/index.ts';
import { TcpCollector } from '../../collectors/tcp/index.ts';
import { UdpCollector } from '../../collectors/udp/index.ts';
import type { RadiusConfig, SourceConfig } from '../../platform/config.ts';
import { readOrMakeSecretFile, readSecretFile } from '../../platform/secret-file.ts';

export interface CollectorPorts {
  files: FileIntake;
  records: RecordIntake;
  surroundings: Surroundings;
  /** Where secrets are made that the configuration names no file for. */
  secretsDir: string;
}

/** Which sections exist was checked with the configuration. */
export function makeCollector(source: SourceConfig, ports: CollectorPorts): Collector {
  const { files, records, surroundings, secretsDir } = ports;
  switch (source.kind) {
    case 'files':
      return new FolderCollector({ ...source, directory: source.directory! }, files, surroundings);
    case 'tcp':
      return new TcpCollector(source.tcp!, records, surroundings);
    case 'udp':
      return new UdpCollector(source.udp!, records, surroundings);
    case 'radius':
      return new RadiusCollector(
        withSecrets(source.radius!, path.join(secretsDir, source.name)),
        records,
        surroundings,
      );
  }
}

/** Error: SECRET_UNREADABLE. Read at each start of the source, so that a changed secret needs no restart of Tollgrid. */
function withSecrets({ clients, ...rest }: RadiusConfig, madeFile: string): RadiusOptions {
  return {
    ...rest,
    clients: clients.map(({ address, secretFile }) => ({
      address,
      secret: secretFile === undefined ? readOrMakeSecretFile(madeFile) : readSecretFile(secretFile),
    })),
  };
}
