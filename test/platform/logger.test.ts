import { describe, expect, it } from 'vitest';
import { createLogger } from '../../platform/logger.ts';

function lines(level: 'info' | 'silent', write: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  write(createLogger({ level, name: 'front', stream: { write: (line) => void written.push(line) } }));
  return written;
}

describe('the logger', () => {
  it('hides persons and secrets, at any of three depths', () => {
    const [line] = lines('info', (logger) =>
      logger.info(
        {
          party: '380441234567',
          charge: { other_party: '380447654321', zone: 'local' },
          req: { headers: { authorization: 'Bearer abc', host: 'here' } },
          user: { login: 'ivan@dsl', password: 'pw', token: 't' },
          call: { callingParty: '1', calledParty: '2' },
        },
        'seen',
      ),
    );
    const { party, charge, req, user, call, msg, name } = JSON.parse(line);
    const hidden = '[hidden]';
    expect({ party, charge, req, user, call, msg, name }).toEqual({
      party: hidden,
      charge: { other_party: hidden, zone: 'local' },
      req: { headers: { authorization: hidden, host: 'here' } },
      user: { login: hidden, password: hidden, token: hidden },
      call: { callingParty: hidden, calledParty: hidden },
      msg: 'seen',
      name: 'front',
    });
  });

  it('keeps to its level', () => {
    expect(lines('silent', (logger) => logger.fatal('x'))).toEqual([]);
    expect(lines('info', (logger) => logger.debug('x'))).toEqual([]);
  });
});
