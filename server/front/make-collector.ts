/** The collector of a configured source. A new kind is one more case here, and a section of the configuration. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import path from 'node:path';
import { FolderCollector, type FileIntake } from '../../collectors/files/index.ts';
import { DLMS_WRAPPER, fixedFrames, framesWithLength, type FrameRule } from '../../collectors/frames/index.ts';
import { FtpServer } from '../../collectors/ftp/index.ts';
import type { Collector, RecordIntake, Surroundings } from '../../collectors/index.ts';
import { asLines, asMessages, asProtobuf, KafkaCollector, type KafkaOptions } from '../../collectors/kafka/index.ts';
import { MqttCollector, type MqttOptions } from '../../collectors/mqtt/index.ts';
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
import type {
  FtpConfig,
  MqttConfig,
  RadiusConfig,
  SftpConfig,
  SourceConfig,
  TcpConfig,
} from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { readOrMakeSecretFile, readSecret, readSecretFile } from '../../platform/secret-file.ts';
import { brokerSecrets } from './broker-secrets.ts';

export interface CollectorPorts {
  files: FileIntake;
  records: RecordIntake;
  surroundings: Surroundings;
  /** Has a place for files that are fetched from other machines, and for secrets that the configuration names no file for. */
  dataDir: string;
}

/** Which sections exist was checked with the configuration. Errors: SOURCE_FORMAT_UNFIT, SECRET_UNREADABLE. */
export function makeCollector(source: SourceConfig, ports: CollectorPorts): Collector {
  const { files, records, surroundings } = ports;
  const { framed, headerLines = 0 } = files.format(source.format);
  if (framed !== sendsFrames(source)) {
    const [sends, wants] = framed ? ['lines', 'frames'] : ['frames', 'lines'];
    throw unfit(source, `sends ${sends}, and its format "${source.format}" reads ${wants}`);
  }
  // A stream has no begin that every batch of it shares: the first lines of each batch would be skipped.
  if (headerLines > 0 && !FROM_FILES.has(source.kind)) {
    throw unfit(
      source,
      `sends no files, and its format "${source.format}" skips lines at the begin of each (headerLines)`,
    );
  }
  switch (source.kind) {
    case 'files':
      return new FolderCollector({ ...source, directory: source.directory! }, files, surroundings);
    case 'tcp':
      return new TcpCollector({ ...source.tcp!, frames: frameRule(source.tcp!) }, records, surroundings);
    case 'udp':
      return new UdpCollector(source.udp!, records, surroundings);
    case 'radius':
      return new RadiusCollector(
        withSecrets(source.radius!, path.join(ports.dataDir, 'secrets', source.name)),
        records,
        surroundings,
      );
    case 'mqtt': {
      const options = { ...mqttOptions(source.name, source.mqtt!), partsOf: partsOf(source, files) };
      return new MqttCollector(options, records, surroundings);
    }
    case 'kafka':
      return new KafkaCollector(kafkaOptions(source, ports), records, surroundings);
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

const FROM_FILES: ReadonlySet<SourceConfig['kind']> = new Set(['files', 'sftp', 'ftp'] as const);

function unfit({ name, format }: SourceConfig, what: string): TollgridError {
  return new TollgridError('SOURCE_FORMAT_UNFIT', `Source "${name}" ${what}.`, { source: name, format });
}

/** Messages and packets come in frames; files and lines do not. */
function sendsFrames({ kind, tcp, udp, kafka }: SourceConfig): boolean {
  if (kind === 'tcp') return tcp!.framing !== 'lines';
  if (kind === 'udp') return udp!.framing !== 'lines';
  if (kind === 'kafka') return kafka!.values !== 'lines';
  return kind === 'radius' || kind === 'mqtt';
}

/** Undefined for lines. What each needs of `frame` was checked with the configuration. */
function frameRule({ framing, frame }: TcpConfig): FrameRule | undefined {
  switch (framing) {
    case 'lines':
      return undefined;
    case 'dlms':
      return DLMS_WRAPPER;
    case 'fixed':
      return fixedFrames(frame!.bytes!);
    case 'length': {
      const { lengthOffset: offset, lengthBytes: bytes, littleEndian, lengthAdds: adds } = frame!;
      return framesWithLength({ offset, bytes, littleEndian, adds });
    }
  }
}

const WHOLE: readonly string[] = [''];

function partsOf({ format }: SourceConfig, files: FileIntake): (payload: Uint8Array) => readonly string[] {
  return (payload) => files.format(format).partsOf?.(payload) ?? WHOLE;
}

/** Errors: SECRET_UNREADABLE, KAFKA_PROTO_UNREADABLE. */
function kafkaOptions(source: SourceConfig, { files, dataDir }: CollectorPorts): KafkaOptions {
  const { values, protobuf, tls, sasl, group, instance, ...rest } = source.kafka!;
  const parts = partsOf(source, files);
  const recordsOf = {
    messages: () => asMessages(parts),
    lines: () => asLines,
    protobuf: () => asProtobuf(protobuf!, parts),
  };
  return {
    ...rest,
    group: group ?? `tollgrid-${source.name}`,
    instance: instance ?? `tollgrid-${memberOf(dataDir, source.name)}`,
    recordsOf: recordsOf[values](),
    ...brokerSecrets({ tls, sasl }),
  };
}

/** The same after a restart, and another one for each data directory of each machine. */
function memberOf(dataDir: string, source: string): string {
  return createHash('sha256').update(`${hostname()}\0${dataDir}\0${source}`).digest('hex').slice(0, 16);
}

/** Error: SECRET_UNREADABLE. */
function mqttOptions(name: string, { brokers, clientId, ...rest }: MqttConfig): Omit<MqttOptions, 'partsOf'> {
  const read = (file: string | undefined): Buffer | undefined =>
    file === undefined ? undefined : readSecretFile(file);
  return {
    ...rest,
    clientId: clientId ?? `tollgrid-${name}`,
    brokers: brokers.map(({ url, username, passwordFile, passwordEnv, caFile, certificateFile, keyFile }) => ({
      url,
      username,
      password: readSecret(passwordFile, passwordEnv),
      ca: read(caFile),
      certificate: read(certificateFile),
      key: read(keyFile),
    })),
  };
}

/** Error: SECRET_UNREADABLE. Read at each start of the source, so that a changed secret needs no restart of Tollgrid. */
function withSecrets({ clients, ...rest }: RadiusConfig, madeFile: string): RadiusOptions {
  return {
    ...rest,
    clients: clients.map(({ address, secretFile, secretEnv, requireMessageAuthenticator }) => ({
      address,
      requireMessageAuthenticator,
      secret: readSecret(secretFile, secretEnv) ?? readOrMakeSecretFile(madeFile),
    })),
  };
}

function remote(
  { name, format, pattern, complete, markerSuffix, fileBytesMax }: SourceConfig,
  folder: Omit<RemoteOptions, 'fileBytesMax'>,
  server: RemoteServer,
  { files, surroundings, dataDir }: CollectorPorts,
): Collector {
  const source = { ...folder, name, format, pattern, complete, markerSuffix, fileBytesMax };
  return new RemoteCollector(
    source,
    server,
    files,
    new Incoming(path.join(dataDir, 'incoming', name), currentBootId()),
    surroundings,
  );
}

/** Error: SECRET_UNREADABLE. */
function sftpServer(config: SftpConfig): SftpServer {
  const { passwordFile, passwordEnv, privateKeyFile, passphraseFile, passphraseEnv, ...rest } = config;
  return new SftpServer({
    ...rest,
    password: readSecret(passwordFile, passwordEnv)?.toString('utf8'),
    passphrase: readSecret(passphraseFile, passphraseEnv)?.toString('utf8'),
    privateKey: privateKeyFile === undefined ? undefined : readSecretFile(privateKeyFile),
  });
}

/** Error: SECRET_UNREADABLE. */
function ftpServer({ passwordFile, passwordEnv, caFile, ...rest }: FtpConfig, now: () => number): FtpServer {
  const ca = caFile === undefined ? undefined : readSecretFile(caFile);
  const password = readSecret(passwordFile, passwordEnv)!.toString('utf8');
  return new FtpServer({ ...rest, password, ca }, now);
}
