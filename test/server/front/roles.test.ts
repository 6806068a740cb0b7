import { describe, expect, it } from 'vitest';
import { loadConfig, type Config } from '../../../platform/config.ts';
import { EntryType } from '../../../schemas/log-entries.ts';
import { logNotices, ofRole, refuseAtCollector } from '../../../server/front/roles.ts';

const base = loadConfig({ env: {}, workingDir: '/nonexistent' });
const kafka = { brokers: ['k:9092'], topic: 't', replicas: 3 };
const withLog = (more: object): Config => ({ ...base, log: { ...base.log, kafka: { ...kafka, ...more } } });
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

describe('the roles', () => {
  it('ask for what they share with others', () => {
    expect(ofRole(base, 'all')).toBe(base);
    for (const role of ['api', 'collector', 'rater'] as const)
      expect(() => ofRole(base, role)).toThrow(code('ROLE_NEEDS_SERVERS'));
    expect(() => ofRole(withLog({}), 'collector')).toThrow(code('ROLE_NEEDS_SERVERS'));
    expect(() => ofRole(withLog({ collector: 'c' }), 'rater')).toThrow(code('ROLE_NEEDS_SERVERS'));
    const { definitions } = ofRole(withLog({ collector: 'c' }), 'collector');
    expect([definitions.tariffs, definitions.registry, definitions.guiding]).toEqual([[], [], undefined]);
  });

  it('are not taken for the time of one command: that would end the writer of a log on Kafka', () => {
    expect(ofRole(base, 'all', true)).toBe(base);
    expect(() => ofRole(withLog({}), 'all', true)).toThrow(code('ROLE_NOT_RUNNING'));
  });

  it('say when the brokers keep one copy, or hear a password in clear', () => {
    expect(logNotices(base)).toEqual([]);
    expect(logNotices(withLog({}))).toEqual([]);
    expect(logNotices(withLog({ replicas: 1 }))).toEqual([expect.objectContaining({ code: 'LOG_ONE_COPY' })]);
    const sasl = { mechanism: 'plain', username: 'u', passwordEnv: 'P' };
    expect(logNotices(withLog({ sasl }))).toEqual([expect.objectContaining({ code: 'PASSWORD_IN_CLEAR' })]);
  });

  it('leave to a collector what arrives, and nothing about customers and money', () => {
    const refused = (type: Parameters<typeof refuseAtCollector>[0], head: object): boolean => {
      try {
        refuseAtCollector(type, head);
        return false;
      } catch {
        return true;
      }
    };
    expect([EntryType.file, EntryType.slice, EntryType.batch].map((type) => refused(type, {}))).toEqual([
      false,
      false,
      false,
    ]);
    expect(refused(EntryType.publication, { kind: 'format' })).toBe(false);
    expect(refused(EntryType.publication, { kind: 'tariff' })).toBe(true);
    expect(refused(EntryType.command, { command: 'releaseFile' })).toBe(false);
    expect(refused(EntryType.command, { command: 'settle' })).toBe(true);
    expect(refused(EntryType.registry, {})).toBe(true);
    expect(refused(EntryType.draft, {})).toBe(true);
  });
});
