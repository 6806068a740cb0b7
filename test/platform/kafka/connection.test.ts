import { describe, expect, it } from 'vitest';
import { connectionConfig } from '../../../platform/kafka/index.ts';

const brokers = ['a:9092', 'b:9092'];
const tls = { ca: 'CA', certificate: 'CERT', key: 'KEY' };
const sasl = { mechanism: 'scram-sha-512', username: 'tollgrid', password: 'secret' };
const kept = (config: object): object =>
  Object.fromEntries(Object.entries(config).filter(([key]) => /^(ssl|sasl|security)/.test(key)));

describe('a connection to brokers, as librdkafka is told', () => {
  it('names all brokers, and is open without TLS and login', () => {
    expect(connectionConfig({ brokers })).toMatchObject({ 'bootstrap.servers': 'a:9092,b:9092' });
    expect(kept(connectionConfig({ brokers }))).toEqual({ 'security.protocol': 'plaintext' });
  });

  it('has TLS with the authority, and with a certificate of its own', () => {
    expect(kept(connectionConfig({ brokers, tls: {} }))).toEqual({ 'security.protocol': 'ssl' });
    expect(kept(connectionConfig({ brokers, tls }))).toEqual({
      'security.protocol': 'ssl',
      'ssl.ca.pem': 'CA',
      'ssl.certificate.pem': 'CERT',
      'ssl.key.pem': 'KEY',
    });
  });

  it('logs in, with and without TLS', () => {
    const login = { 'sasl.mechanisms': 'SCRAM-SHA-512', 'sasl.username': 'tollgrid', 'sasl.password': 'secret' };
    expect(kept(connectionConfig({ brokers, sasl }))).toEqual({ 'security.protocol': 'sasl_plaintext', ...login });
    expect(kept(connectionConfig({ brokers, sasl, tls: {} }))).toEqual({ 'security.protocol': 'sasl_ssl', ...login });
  });
});
