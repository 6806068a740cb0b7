import { describe, expect, it } from 'vitest';
import { clearPasswords } from '../../platform/config/clear-passwords.ts';

const of = (sections: unknown): string[] => clearPasswords(sections as Parameters<typeof clearPasswords>[0]);

describe('a password in clear', () => {
  it('is told of Kafka by SASL/PLAIN without TLS', () => {
    const kafka = { brokers: ['127.0.0.1:9092', 'kafka.town:9092'], sasl: { mechanism: 'plain' } };
    expect(of({ kafka })).toEqual(['SASL/PLAIN without TLS sends the password to kafka.town:9092 in clear']);
    expect(of({ kafka: { ...kafka, tls: {} } })).toEqual([]);
    expect(of({ kafka: { ...kafka, sasl: { mechanism: 'scram-sha-512' } } })).toEqual([]);
    expect(of({ kafka: { ...kafka, brokers: ['localhost:9092'] } })).toEqual([]);
  });

  it('is told of MQTT and FTP without TLS, but not on this machine', () => {
    const mqtt = (url: string, more: object = { passwordEnv: 'MQTT' }) => of({ mqtt: { brokers: [{ url, ...more }] } });
    expect(mqtt('mqtt://broker.town:1883')).toEqual(['the password goes to mqtt://broker.town:1883 in clear']);
    for (const url of ['mqtts://broker.town:8883', 'mqtt://localhost:1883', 'mqtt://127.0.0.1', 'mqtt://[::1]:1883'])
      expect(mqtt(url), url).toEqual([]);
    expect(mqtt('mqtt://broker.town:1883', {})).toEqual([]);
    expect(of({ ftp: { host: 'ftp.town', tls: 'none' } })).toHaveLength(1);
    expect(of({ ftp: { host: 'ftp.town', tls: 'explicit' } })).toEqual([]);
  });
});
