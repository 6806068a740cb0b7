/**
 * Every key of tollgrid.yaml: addresses, limits and paths. What can change a charge is not here but published.
 * Defaults, checks, environment names, docs/configuration.md and the editors' JSON Schema all come from this one.
 */
import Type, { type Static } from 'typebox';
import { Integer, MIB, Path, SecretEnv, Section, Switch } from './config-parts.ts';
import { Kafka, LogOnKafka } from './config-kafka.ts';
import { Output } from './config-outputs.ts';
import { Ftp, Sftp } from './config-remote.ts';
import { LedgerPlace, RegistryPlace } from './config-servers.ts';

const Paths = (description: string) =>
  Type.Array(Type.String({ minLength: 1, path: true }), { description, default: [] as string[] });
const NiceLevel = (who: string) =>
  Integer(0, 19, 10, `Priority of ${who}: 0 as everything else, 19 last. Above 0 the front stays quick under load.`);

/** The ways in. Keys that only one of them knows stand in a section of its name. */
export const SOURCE_KINDS = ['files', 'tcp', 'udp', 'radius', 'mqtt', 'kafka', 'sftp', 'ftp'] as const;

const Port = (description: string) => Type.Integer({ minimum: 0, maximum: 65_535, description });
const Host = Type.String({
  default: '127.0.0.1',
  minLength: 1,
  description: 'Address to listen on, `0.0.0.0` for all; with `connect`, the host to connect to.',
});
const Clients = Type.Array(Type.String({ pattern: '^[0-9a-fA-F:.]+(/[0-9]{1,3})?$' }), {
  description: 'Addresses or networks (`10.0.0.0/8`) that may send; empty: everybody who reaches the address.',
  default: [] as string[],
});

const Tcp = Section('Lines or frames over TCP, as a PBX, a device server or a meter sends them.', {
  mode: Type.Enum(['listen', 'connect'], {
    default: 'listen',
    description: '`listen`: devices connect to Tollgrid. `connect`: Tollgrid connects, and again after a loss.',
  }),
  host: Host,
  port: Port('Port; 0 with `listen` takes a free one.'),
  clients: Clients,
  connectionsMax: Integer(1, 10_000, 100, 'Connections at the same time; more are refused.'),
  framing: Type.Enum(['lines', 'dlms', 'length', 'fixed'], {
    default: 'lines',
    description:
      '`lines`; or frames, for a format of frames: `dlms` (the wrapper of port 4059), `length` (a header says it, see `frame`), `fixed` (all of `frame.bytes`).',
  }),
  frame: Type.Optional(
    Section('How frames are cut.', {
      bytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: '`fixed`: length of each.' })),
      lengthOffset: Integer(0, 1024, 0, '`length`: where the length stands, from 0.'),
      lengthBytes: Type.Enum([1, 2, 4], { default: 2, description: '`length`: how many bytes it has.' }),
      littleEndian: Switch(false, '`length`: its first byte is the lowest.'),
      lengthAdds: Integer(0, 1024, 0, '`length`: bytes of the frame that it does not count, mostly the header.'),
    }),
  ),
  lineBytesMax: Integer(
    256,
    MIB,
    16 * 1024,
    'A longer line is cut into records of that size, which wait in suspense. A longer frame ends its connection.',
  ),
  lineSeconds: Integer(
    1,
    86_400,
    60,
    'A line or frame that is not finished by then ends there, and its connection too.',
  ),
  idleSeconds: Integer(1, 31 * 86_400, 86_400, 'A connection without a byte for so long is closed.'),
});

const Udp = Section('Datagrams of one or more lines.', {
  host: Host,
  port: Port('Port; 0 takes a free one.'),
  clients: Clients,
  framing: Type.Enum(['lines', 'datagram'], {
    default: 'lines',
    description: '`datagram`: each is one record, kept whole, for a format of frames.',
  }),
});

const Radius = Section('Accounting of access servers by RADIUS (RFC 2866).', {
  host: Host,
  port: { ...Port('UDP port; 0 takes a free one.'), default: 1813 },
  clients: Type.Array(
    Section('An access server.', {
      address: Type.String({ pattern: '^[0-9a-fA-F:.]+(/[0-9]{1,3})?$', description: 'Its address, or a network.' }),
      secretFile: Type.Optional(
        Path({
          description:
            'File with the secret it shares with Tollgrid. Without it, and only for this machine: a random one, made at the first start, in `secrets/<source>` of `dataDir`.',
        }),
      ),
      secretEnv: SecretEnv(),
      requireMessageAuthenticator: Switch(
        false,
        'Drop its requests that have no Message-Authenticator. One that is there must be right in any case. Not needed for accounting, whose own authenticator covers the whole request (RFC 2866).',
      ),
    }),
    { description: 'Who may send; the narrowest network that fits decides.', default: [] },
  ),
  tls: Type.Optional(
    Section('RADIUS over TLS too (RadSec, RFC 6614).', {
      host: Host,
      port: { ...Port('TCP port; 0 takes a free one.'), default: 2083 },
      certificateFile: Path({ description: 'Certificate that Tollgrid shows (PEM).' }),
      keyFile: Path({ description: 'Its key (PEM).' }),
      clientsCaFile: Path({ description: 'Authority whose certificates may send (PEM).' }),
      connectionsMax: Integer(1, 10_000, 100, 'Connections at the same time.'),
    }),
  ),
});

const Mqtt = Section('Messages of one or more MQTT brokers; Tollgrid is their client.', {
  brokers: Type.Array(
    Section('A broker.', {
      url: Type.String({
        pattern: '^mqtts?://[^@/]+$',
        description: 'Its address: `mqtt://host:1883`, or `mqtts://` for TLS.',
      }),
      username: Type.Optional(Type.String({ description: 'User name.' })),
      passwordFile: Type.Optional(Path({ description: 'File with the password.' })),
      passwordEnv: SecretEnv(),
      caFile: Type.Optional(
        Path({ description: "Authority of the broker's certificate (PEM); the system's when left out." }),
      ),
      certificateFile: Type.Optional(Path({ description: 'Certificate that Tollgrid shows (PEM).' })),
      keyFile: Type.Optional(Path({ description: 'Its key (PEM).' })),
    }),
    { description: 'Where to connect; each has a connection of its own.', default: [] },
  ),
  topics: Type.Array(Type.String({ minLength: 1, maxLength: 65_535 }), {
    description: 'What to subscribe to, with `+`, `#` and `$share/GROUP/`.',
    default: [] as string[],
  }),
  clientId: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Za-z_-]{1,64}$',
      description:
        'Name of the session that the broker keeps; `tollgrid-NAME` of the source when left out. Nobody else may use it.',
    }),
  ),
  version: Type.Enum(['v5', 'v3.1.1'], { default: 'v5', description: 'Version of the protocol.' }),
  sessionSeconds: Integer(
    0,
    0xffff_fffe,
    7 * 86_400,
    'So long the broker keeps messages while Tollgrid is away (MQTT 5; before, the broker decides).',
  ),
  receiveMax: Integer(1, 65_535, 5000, 'Messages that may wait for their acknowledgement; more are not sent (MQTT 5).'),
  packetBytesMax: Integer(1024, 16 * MIB, 256 * 1024, 'A larger message is not taken and counted as refused.'),
  keepaliveSeconds: Integer(5, 3600, 30, 'A connection without a sign of life for so long is made anew.'),
  sparkplug: Type.Optional(
    Section('Payloads under `spBv1.0/` are Sparkplug B: names of aliases are kept, births asked for after a gap.', {
      rebirthSeconds: Integer(1, 3600, 10, 'An edge node is asked for its birth at most that often.'),
    }),
  ),
});

const Source = Section('A way in for usage.', {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    description: 'Name in the audit, in metrics and in each charge. Never reuse one.',
  }),
  kind: Type.Enum([...SOURCE_KINDS], {
    default: 'files',
    description: 'How usage arrives: `files` in a folder, or the section of the same name below.',
  }),
  format: Type.String({ minLength: 1, description: 'Name of a published format.' }),
  directory: Type.Optional(Path({ description: '`files`: the folder that is watched.' })),
  pattern: Type.String({ default: '*', minLength: 1, description: 'Files: names to take, with `*` and `?`.' }),
  mode: Type.Enum(['closed', 'growing'], {
    default: 'closed',
    description: '`closed`: files are complete when they appear. `growing`: lines are added to them.',
  }),
  pollMs: Integer(
    50,
    3_600_000,
    1000,
    '`files`: time between two looks at the folder; so long a closed file must look the same.',
  ),
  quietMs: Integer(
    1000,
    86_400_000,
    60_000,
    '`growing`: a renamed file is done, and its last line whole, when nobody has written to it for so long.',
  ),
  complete: Type.Enum(['quiet', 'renamed', 'marker'], {
    default: 'quiet',
    description:
      'Closed files are complete: `quiet`, when two looks, `pollMs` or `everySeconds` apart, show the same size and time; `renamed`, when their name fits; `marker`, when `markerSuffix` stands beside them.',
  }),
  markerSuffix: Type.String({
    default: '.done',
    pattern: '^[^/\\\\\\u0000-\\u001f]{1,64}$',
    description: '`complete: marker`: what the name of a marker has more than its file.',
  }),
  fileBytesMax: Integer(1024, 1024 * 1024 * MIB, 4096 * MIB, 'Closed files: a larger one is refused.'),
  archive: Type.Optional(
    Path({ description: '`files`: folder that closed files are moved to when they are durable. Otherwise they stay.' }),
  ),
  quarantine: Type.Optional(
    Path({
      description: '`files`: folder that refused files are moved to, each with a note why. Otherwise they stay.',
    }),
  ),
  paused: Switch(false, 'Take nothing from here for now.'),
  waitingBytesMax: Integer(
    64 * 1024,
    1024 * MIB,
    16 * MIB,
    'Bytes that may wait for the log; at the limit senders have to wait. Not for `files`.',
  ),
  tcp: Type.Optional(Tcp),
  udp: Type.Optional(Udp),
  radius: Type.Optional(Radius),
  mqtt: Type.Optional(Mqtt),
  kafka: Type.Optional(Kafka),
  sftp: Type.Optional(Sftp),
  ftp: Type.Optional(Ftp),
});

export const ConfigSchema = Section('The configuration of Tollgrid.', {
  dataDir: Path({ default: './data', description: 'Everything Tollgrid keeps: log, spool, registry, ledger.' }),
  server: Section('The HTTP interface.', {
    host: Type.String({ default: '127.0.0.1', minLength: 1, description: 'Address to listen on; `0.0.0.0` for all.' }),
    port: Integer(0, 65_535, 8400, 'Port to listen on; 0 takes a free one.'),
    bodyBytesMax: Integer(1024, 128 * MIB, 16 * MIB, 'Largest request body, unpacked too.'),
    packedRatioMax: Integer(
      2,
      2000,
      200,
      'Unpacked bytes for each byte of a body with `Content-Encoding`; not looked at below a mebibyte.',
    ),
    limits: Section(
      'What one API key may do in a second; more is refused with 429. 0: no limit. The operator has none.',
      {
        requestsPerSecond: Integer(0, 1_000_000, 0, 'Requests of any kind; not `/health`, `/ready` and `/metrics`.'),
        eventsPerSecond: Integer(
          0,
          10_000_000,
          0,
          'Events pushed to `/v1/usage`, on average: one request may hold more.',
        ),
        bytesPerSecond: Integer(0, 1024 * 1024 * MIB, 0, 'Bytes of pushed events and files, unpacked, on average.'),
      },
    ),
    apiKeysFile: Type.Optional(
      Path({ description: 'File of API keys (YAML, hashed: docs/api.md). Without it only this machine is served.' }),
    ),
  }),
  engine: Section('The embedded ClickHouse engine; it does not run when `ledger.url` names a server.', {
    memoryBytesMax: Integer(256 * MIB, 1024 * 1024 * MIB, 700 * MIB, 'Memory the embedded engine may use.'),
    niceLevel: NiceLevel('the embedded engine'),
  }),
  ledger: LedgerPlace,
  registry: RegistryPlace,
  rater: Section('The process that turns log entries into charges.', {
    threads: Integer(1, 256, 1, 'Threads: one does everything; of two, one decodes while the other rates.'),
    sliceBytesMax: Integer(64 * 1024, 128 * MIB, 16 * MIB, 'Files are admitted in slices of at most that size.'),
    slicesAheadMax: Integer(1, 64, 6, 'Slices admitted before the first of them is done; bounds the memory in use.'),
    niceLevel: NiceLevel('the rater'),
    writeRowsMax: Integer(1000, 2_000_000, 300_000, 'Rows gathered into one write to the ledger.'),
  }),
  watch: Section('How stored bytes are looked at while Tollgrid runs: log, spool and ledger.', {
    everySeconds: Integer(
      1,
      86_400,
      60,
      'Time between two looks at what is cheap to see: segments and their chain, new entries, parts and their hashes.',
    ),
    roundMinutes: Integer(
      0,
      525_600,
      60,
      'Time in which every stored byte and row is to be read again; 0: as fast as its share of the time allows.',
    ),
    dutyPercentMax: Integer(
      1,
      100,
      5,
      'Share of its time that reading again may take. When that is not enough a round lasts longer: `tollgrid status`.',
    ),
    pauseMinutesMax: Integer(
      0,
      1440,
      10,
      'Reading again rests while entries wait for the ledger; after that long a step is done all the same.',
    ),
  }),
  audit: Section('Audits and statements that nobody has to ask for.', {
    everyMinutes: Integer(
      0,
      10_080,
      60,
      'Time between two audits for the metrics, made when nothing waits for the ledger; 0 for none.',
    ),
    dailyStatements: Switch(true, 'State and sign each day (UTC) when it is over.'),
  }),
  duplicates: Section('How long a usage is known again.', {
    windowMonths: Integer(1, 120, 13, 'A second sight of a usage is noticed when it started at most that long ago.'),
    memoryBytesMax: Integer(
      32 * MIB,
      1024 * 1024 * MIB,
      640 * MIB,
      'Memory for identities of usage (20 to 50 bytes each). The oldest months go to disk, and take 2.2 bytes each in memory.',
    ),
  }),
  intake: Section('Taking usage in.', {
    diskReserveBytes: Integer(
      0,
      1024 * 1024 * MIB,
      1024 * MIB,
      'Room to keep free on the disk of `dataDir`: below it usage is refused and files wait where they are. 0: none.',
    ),
    diskReservePercent: Integer(1, 100, 2, 'The reserve is no more than that part of the disk, whichever is less.'),
    packed: Section('Files with names like `x.csv.gz` and `x.zip`; one beyond the limits is held as it came.', {
      ratioMax: Integer(2, 2000, 200, 'Unpacked bytes for each packed one; not looked at below a mebibyte.'),
      filesMax: Integer(1, 1_000_000, 1000, 'Files in one.'),
      bytesMax: Integer(MIB, 1024 * 1024 * MIB, 16 * 1024 * MIB, 'Unpacked bytes of all files in one.'),
    }),
    waitingEntriesMax: Integer(
      10,
      1_000_000,
      5_000,
      'Log entries that may wait for the ledger: beyond that pushed usage is refused with INTAKE_BUSY, and what listens makes its senders wait.',
    ),
  }),
  log: Section('The log, which everything else is computed from.', {
    kafka: Type.Optional(LogOnKafka),
    segmentBytesMax: Integer(MIB, 2048 * MIB, 128 * MIB, 'Size at which a new segment file is begun.'),
    groupWaitMs: Integer(0, 1000, 1, 'How long an entry waits so that others share its sync to disk.'),
    checkpointBytes: Integer(
      MIB,
      1024 * 1024 * MIB,
      1024 * MIB,
      'Bytes of log and received files after which the state is kept: a start has at most about so much to read again.',
    ),
    archiveAfterDays: Integer(
      0,
      3650,
      30,
      'Closed segments of that age, and received files they point to, are compressed into an archive; 0: never.',
    ),
    retention: Section('What is let go of the log. By default everything is kept: docs/operating/retention.md.', {
      days: Integer(0, 36_500, 0, 'Entries are removed when they are older; 0: not for their age.'),
      bytes: Integer(
        0,
        1024 * 1024 * 1024 * MIB,
        0,
        'Entries are removed when so many bytes of log and received files lie behind them; 0: not for their size.',
      ),
    }),
  }),
  shipping: Section('A second copy of log, spool and statements that is kept up all the time.', {
    to: Type.Optional(
      Path({
        description:
          'Folder of the copy, on another disk or mounted from another machine. Intake never waits for it: `tollgrid status` says what is not copied yet.',
      }),
    ),
    followers: Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), {
      description: 'Names of the machines that keep a copy with `tollgrid follow`: one that is silent is told.',
      default: [] as string[],
    }),
    niceLevel: NiceLevel('the process that copies to `to`'),
  }),
  definitions: Section('What is published at start when it changed. Shipped formats are always there.', {
    formats: Paths('Folders with format files.'),
    tariffs: Paths('Folders with tariff files.'),
    guiding: Type.Optional(Path({ description: 'The file with the guiding rules.' })),
    registry: Paths('Registry files (YAML or CSV) that are imported.'),
  }),
  sources: Type.Array(Source, { description: 'The ways in: folders, and what listens or connects.', default: [] }),
  outputs: Type.Array(Output, { description: 'Copies of charges for other systems.', default: [] }),
  logging: Section("Tollgrid's own messages, on standard error.", {
    level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      default: 'info',
      description: 'The least important message that is written.',
    }),
  }),
  metrics: Section('What `/metrics` shows.', {
    enabled: Switch(true, 'Offer `/metrics` for Prometheus.'),
  }),
});

/** Filled in, paths absolute. */
export type ConfigValues = Static<typeof ConfigSchema>;
export type MqttConfig = Static<typeof Mqtt>;
export type SourceConfig = Static<typeof Source>;
export type TcpConfig = Static<typeof Tcp>;
export type UdpConfig = Static<typeof Udp>;
export type RadiusConfig = Static<typeof Radius>;
export type { KafkaConfig } from './config-kafka.ts';
export type { OutputConfig } from './config-outputs.ts';
export type { FtpConfig, SftpConfig } from './config-remote.ts';
export type SourceKind = (typeof SOURCE_KINDS)[number];
