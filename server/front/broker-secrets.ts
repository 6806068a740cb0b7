/** What a connection to Kafka's brokers needs from files and the environment. */
import type { KafkaConnection } from '../../platform/kafka/index.ts';
import { readSecret, readSecretFile } from '../../platform/secret-file.ts';
import type { KafkaOutputConfig } from '../../schemas/config-kafka.ts';

interface SecretFiles {
  tls: KafkaOutputConfig['tls'] | undefined;
  sasl: KafkaOutputConfig['sasl'] | undefined;
}

type Secrets = Pick<KafkaConnection, 'tls' | 'sasl'>;

/**
 * Read whenever a source or an output starts, which it does again while it cannot. One that runs keeps what it read: a
 * source until a reload finds that it changed, an output until the next start. Error: SECRET_UNREADABLE.
 */
export function brokerSecrets({ tls, sasl }: SecretFiles): Secrets {
  const text = (file: string | undefined) => (file === undefined ? undefined : readSecretFile(file).toString('utf8'));
  const password = sasl && readSecret(sasl.passwordFile, sasl.passwordEnv)!.toString('utf8');
  return {
    tls: tls && { ca: text(tls.caFile), certificate: text(tls.certificateFile), key: text(tls.keyFile) },
    sasl: sasl && { mechanism: sasl.mechanism, username: sasl.username, password: password! },
  };
}
