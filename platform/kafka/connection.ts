/** How brokers are reached: the same for what is read and what is written. */

export interface KafkaConnection {
  brokers: readonly string[];
  /** Texts of PEM files. */
  tls?: { ca?: string | undefined; certificate?: string | undefined; key?: string | undefined } | undefined;
  sasl?: { mechanism: string; username: string; password: string } | undefined;
}

/** As librdkafka calls it (its CONFIGURATION.md). Certificates and names of brokers are checked unless told otherwise, which nobody can. */
export function connectionConfig({ brokers, tls, sasl }: KafkaConnection) {
  const protocol = `${sasl === undefined ? '' : 'sasl_'}${tls === undefined ? 'plaintext' : 'ssl'}`;
  return {
    'client.id': 'tollgrid',
    'bootstrap.servers': brokers.join(','),
    'reconnect.backoff.max.ms': 10_000,
    'security.protocol': protocol as 'plaintext' | 'ssl' | 'sasl_plaintext' | 'sasl_ssl',
    ...(tls?.ca !== undefined && { 'ssl.ca.pem': tls.ca }),
    ...(tls?.certificate !== undefined && { 'ssl.certificate.pem': tls.certificate }),
    ...(tls?.key !== undefined && { 'ssl.key.pem': tls.key }),
    ...(sasl !== undefined && {
      'sasl.mechanisms': sasl.mechanism.toUpperCase(),
      'sasl.username': sasl.username,
      'sasl.password': sasl.password,
    }),
  };
}
