/** The collector of a configured source. A new kind is one more case here, and a section of the configuration. */
import { FolderCollector, type FileIntake } from '../../collectors/files/index.ts';
import type { Collector, RecordIntake, Surroundings } from '../../collectors/index.ts';
import { MqttCollector, type MqttOptions } from '../../collectors/mqtt/index.ts';
import { RadiusCollector, type RadiusOptions } from '../../collectors/radius/index.ts';
import { TcpCollector } from '../../collectors/tcp/index.ts';
import { UdpCollector } from '../../collectors/udp/index.ts';
import type { MqttConfig, RadiusConfig, SourceConfig } from '../../platform/config.ts';
import { readSecretFile } from '../../platform/secret-file.ts';

export interface CollectorPorts {
  files: FileIntake;
  records: RecordIntake;
  surroundings: Surroundings;
}

/** Which sections exist was checked with the configuration. */
export function makeCollector(source: SourceConfig, { files, records, surroundings }: CollectorPorts): Collector {
  switch (source.kind) {
    case 'files':
      return new FolderCollector({ ...source, directory: source.directory! }, files, surroundings);
    case 'tcp':
      return new TcpCollector(source.tcp!, records, surroundings);
    case 'udp':
      return new UdpCollector(source.udp!, records, surroundings);
    case 'radius':
      return new RadiusCollector(withSecrets(source.radius!), records, surroundings);
    case 'mqtt': {
      const partsOf = (payload: Uint8Array): readonly string[] =>
        files.format(source.format).partsOf?.(payload) ?? WHOLE;
      return new MqttCollector({ ...mqttOptions(source.name, source.mqtt!), partsOf }, records, surroundings);
    }
  }
}

const WHOLE: readonly string[] = [''];

/** Error: SECRET_UNREADABLE. */
function mqttOptions(name: string, { brokers, clientId, ...rest }: MqttConfig): Omit<MqttOptions, 'partsOf'> {
  const read = (file: string | undefined): Buffer | undefined =>
    file === undefined ? undefined : readSecretFile(file);
  return {
    ...rest,
    clientId: clientId ?? `tollgrid-${name}`,
    brokers: brokers.map(({ url, username, passwordFile, caFile, certificateFile, keyFile }) => ({
      url,
      username,
      password: read(passwordFile),
      ca: read(caFile),
      certificate: read(certificateFile),
      key: read(keyFile),
    })),
  };
}

/** Error: SECRET_UNREADABLE. Read at each start of the source, so that a changed secret needs no restart of Tollgrid. */
function withSecrets({ clients, ...rest }: RadiusConfig): RadiusOptions {
  return {
    ...rest,
    clients: clients.map(({ address, secretFile }) => ({ address, secret: readSecretFile(secretFile) })),
  };
}
