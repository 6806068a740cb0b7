/** Topics of other systems that are consumed, and those that copies are written to. */
import Type, { type Static } from 'typebox';
import { Integer, MIB, Path, SecretEnv, Section } from './config-parts.ts';

const Name = (description: string) => Type.String({ pattern: '^[0-9A-Za-z._-]{1,249}$', description });

const Brokers = Type.Array(Type.String({ pattern: '^[^/,@\\s]+:[0-9]{1,5}$' }), {
  description: 'Brokers to begin with, `host:9092`; the others they tell.',
  minItems: 1,
});
const Tls = Type.Optional(
  Section('TLS to the brokers; their certificates and names are checked.', {
    caFile: Type.Optional(
      Path({ description: "Authority of the brokers' certificates (PEM); the system's when left out." }),
    ),
    certificateFile: Type.Optional(Path({ description: 'Certificate that Tollgrid shows (PEM).' })),
    keyFile: Type.Optional(Path({ description: 'Its key (PEM).' })),
  }),
);
const Sasl = Type.Optional(
  Section('Login at the brokers.', {
    mechanism: Type.Enum(['scram-sha-512', 'scram-sha-256', 'plain'], {
      default: 'scram-sha-512',
      description: 'How; `plain` sends the password, so use it with `tls`.',
    }),
    username: Type.String({ minLength: 1, description: 'User name.' }),
    passwordFile: Type.Optional(Path({ description: 'File with the password.' })),
    passwordEnv: SecretEnv(),
  }),
);

export const Kafka = Section('Messages of Kafka topics; Tollgrid is a member of a consumer group.', {
  brokers: Brokers,
  topics: Type.Array(Name('A topic.'), { description: 'Topics to read.', minItems: 1 }),
  group: Type.Optional(
    Name('Consumer group; `tollgrid-NAME` of the source when left out. With others in it, set `shared`.'),
  ),
  shared: Type.Boolean({
    default: false,
    description:
      'Other Tollgrids read in the same group: where the group is further than the log when Tollgrid starts, the group counts. Without it the log counts.',
  }),
  instance: Type.Optional(
    Name('Name of this member in the group (static membership); of machine and data directory when left out.'),
  ),
  from: Type.Enum(['earliest', 'latest'], {
    default: 'earliest',
    description: 'Where partitions begin that neither the log nor the group knows.',
  }),
  values: Type.Enum(['messages', 'lines', 'protobuf'], {
    default: 'messages',
    description:
      '`messages`: each is one record, for a format of family `message` (JSON). `lines`: its lines are records, for a format of lines. `protobuf`: read by `protobuf`, for a format of family `message`.',
  }),
  protobuf: Type.Optional(
    Section('The schema of the values.', {
      file: Path({ description: 'The `.proto` file.' }),
      type: Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_.]*$',
        description: 'The message type in it, with its package: `billing.Call`.',
      }),
    }),
  ),
  tls: Tls,
  sasl: Sasl,
  messagesMax: Integer(1, 100_000, 2000, 'Messages fetched in one round: so many at most are taken before the next.'),
  messageBytesMax: Integer(1024, 16 * MIB, MIB, 'A larger value is not taken and counted as refused.'),
  sessionSeconds: Integer(6, 1800, 45, 'After so long without a sign of life others in the group get the partitions.'),
});

export type KafkaConfig = Static<typeof Kafka>;

export const KafkaOutput = Section('A Kafka topic that copies are written to.', {
  brokers: Brokers,
  topic: Name('The topic. Tollgrid does not make it.'),
  tls: Tls,
  sasl: Sasl,
});

export type KafkaOutputConfig = Static<typeof KafkaOutput>;

export const LogOnKafka = Section('The log on Kafka, for roles on several machines (docs/operating/scaled.md).', {
  brokers: Brokers,
  topic: Type.String({
    default: 'tollgrid',
    pattern: '^[0-9A-Za-z._-]{1,100}$',
    description:
      'Topic of the log; the names of the other topics begin with it. They are made when they are not there.',
  }),
  collector: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Za-z_-]{1,63}$',
      description: 'Name of this collector: `--role collector` writes a topic of its own. Never give one to two.',
    }),
  ),
  replicas: Integer(1, 9, 3, 'Copies that the brokers keep. With 1 the loss of a disk loses what was acknowledged.'),
  tls: Tls,
  sasl: Sasl,
});

export type LogOnKafkaConfig = Static<typeof LogOnKafka>;
