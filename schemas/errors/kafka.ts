import type { ErrorEntry } from '../errors.ts';

const counter = 'tollgrid_errors_total';

export const kafkaErrors = {
  KAFKA_ADDON_MISSING: {
    cause: 'A source of kind `kafka` needs the Kafka client, which is compiled on demand for each Node.js.',
    cure: 'Run `tollgrid kafka build` once, and again after an exchange of Node.js. The source then starts by itself.',
    counter,
    http: 503,
    exit: 3,
  },
  KAFKA_UNREACHABLE: {
    cause: 'The brokers of the log (`log.kafka`) do not answer, or refuse.',
    cure: 'Look at the brokers, their address, and login; the message has what the client says. What was not acknowledged was not taken.',
    counter,
    http: 503,
    exit: 3,
  },
  LOG_ONE_COPY: {
    cause: '`log.kafka.replicas` is 1: topics are made with one copy at the brokers. A notice, not a failure.',
    cure: 'Set it to 3, with as many brokers, before the first start; for topics that are there use the tools of Kafka.',
    counter,
    http: 503,
    exit: 1,
  },
  ROLE_NEEDS_SERVERS: {
    cause: 'A role other than `all` was asked for, and what it shares with the others is not configured.',
    cure: 'Set `log.kafka` and `ledger.url` (and `log.kafka.collector` for a collector): docs/operating/scaled.md.',
    counter,
    http: 503,
    exit: 2,
  },
  ROLE_NOT_RUNNING: {
    cause:
      'No Tollgrid runs on this data directory, and with a log on Kafka a command starts none: it would take the log over.',
    cure: 'Start it (`tollgrid start --role api`), or ask the API where it runs.',
    counter,
    http: 503,
    exit: 3,
  },
  ROLE_OTHER: {
    cause:
      'This process has a role that does not do that: a collector takes usage, and knows no customers and charges.',
    cure: 'Ask the process with `--role api`.',
    counter,
    http: 503,
    exit: 2,
  },
  KAFKA_TOOLS_MISSING: {
    cause: 'The Kafka client cannot be compiled here: a compiler, a tool or headers are missing.',
    cure: 'On Debian: `apt-get install g++ make python3 libssl-dev zlib1g-dev libzstd-dev`. Then run `tollgrid kafka build` again.',
    counter,
    http: 503,
    exit: 3,
  },
  KAFKA_BUILD_FAILED: {
    cause: 'The Kafka client did not compile.',
    cure: 'The last lines of the compiler stand in the message. Without network, Node.js must bring its headers (include/node).',
    counter,
    http: 503,
    exit: 3,
  },
  KAFKA_PROTO_UNREADABLE: {
    cause: 'The `.proto` file of a source of kind `kafka` cannot be read, or has no such message type.',
    cure: 'Look at `kafka.protobuf`: the file must be there with all that it imports, the type be named with its package.',
    counter,
    http: 503,
    exit: 2,
  },
  KAFKA_TOPIC_REPLACED: {
    cause:
      'A partition ends before the message that would have been next: its topic was deleted and made anew, or lost its end.',
    cure: 'Nothing to do: it is read from its start. Ask its owner what became of the messages that are missing there.',
    counter,
    http: 503,
    exit: 1,
  },
  KAFKA_GROUP_AHEAD: {
    cause:
      'The consumer group was told of messages that the log does not have: the log is an older one (restored), another reader used the group, or somebody moved it.',
    cure: 'The message says where reading begins. Where the log counts, what is between is read again. Where the group counts (`kafka.shared`, or a partition that the log does not know) and the log was restored: stop Tollgrid, set the group back with `kafka-consumer-groups`, start it.',
    counter,
    http: 503,
    exit: 1,
  },
  KAFKA_MESSAGES_GONE: {
    cause: 'Messages were deleted by the retention of their topic before they were read.',
    cure: 'Have their owner send them again, or as a file. Give the topic a longer retention than Tollgrid may be away.',
    counter,
    http: 503,
    exit: 1,
  },
  KAFKA_MESSAGE_TOO_LARGE: {
    cause: 'A message is larger than `messageBytesMax` of its source; it was not taken, and counted as refused.',
    cure: 'Raise `kafka.messageBytesMax`, and have the message sent again.',
    counter,
    http: 413,
    exit: 1,
  },
} satisfies Record<string, ErrorEntry>;
