/** Passwords that cross a network readable by everybody on the way. Pure. */
import type { KafkaOutputConfig } from '../../schemas/config-kafka.ts';
import type { FtpConfig, MqttConfig } from '../../schemas/config.ts';

/** Of a source or an output. */
interface Places {
  kafka?: Pick<KafkaOutputConfig, 'brokers' | 'tls' | 'sasl'>;
  mqtt?: Pick<MqttConfig, 'brokers'>;
  ftp?: Pick<FtpConfig, 'host' | 'tls'>;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** A sentence for each; none where all are protected, or stay on this machine. */
export function clearPasswords({ kafka, mqtt, ftp }: Places): string[] {
  const found: string[] = [];
  const broker = kafka?.brokers.find((one) => !LOOPBACK.test(one.replace(/:\d+$/, '')));
  if (kafka?.sasl?.mechanism === 'plain' && kafka.tls === undefined && broker !== undefined)
    found.push(`SASL/PLAIN without TLS sends the password to ${broker} in clear`);
  for (const { url, passwordFile, passwordEnv } of mqtt?.brokers ?? []) {
    const isClear = url.startsWith('mqtt://') && !LOOPBACK.test(new URL(url).hostname);
    if (isClear && (passwordFile ?? passwordEnv) !== undefined) found.push(`the password goes to ${url} in clear`);
  }
  if (ftp?.tls === 'none' && !LOOPBACK.test(ftp.host))
    found.push(`FTP without TLS sends the password to ${ftp.host} in clear`);
  return found;
}
