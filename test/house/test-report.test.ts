import { describe, it, expect } from 'vitest';
// @ts-expect-error plain JavaScript that must run before anything is installed
import { shares, skips, summary } from '../../scripts/lib/test-report.mjs';

const test = (status: string, fullName = 'does a thing') => ({ status, fullName });
const file = (name: string, status: string, millis: number, ...assertionResults: ReturnType<typeof test>[]) => ({
  name: `/p/test/${name}`,
  status,
  startTime: 1000,
  endTime: 1000 + millis,
  assertionResults,
});

describe('the last line of npm test', () => {
  it('counts passed, failed and skipped tests', () => {
    const report = { testResults: [file('a/x.test.ts', 'failed', 5, test('passed'), test('failed'), test('pending'))] };
    expect(summary(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 1 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    expect(summary({ testResults: [file('a/x.test.ts', 'failed', 5)] }, 1)).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });

  it('counts a bad end without a failed test as a failure', () => {
    const report = { testResults: [file('a/x.test.ts', 'passed', 5, test('passed'))] };
    expect(summary(report, 1).failed).toBe(1);
    expect(summary(report, 0).failed).toBe(0);
  });
});

describe('the report of a run', () => {
  const report = {
    testResults: [
      file('rating/engine/a.test.ts', 'passed', 3000, test('passed')),
      file('rating/b.test.ts', 'passed', 0, test('pending', 'kafka (needs a broker) reads')),
      file('ledger/c.test.ts', 'passed', 1000, test('passed')),
    ],
  };

  it('gives each top folder its share of the time', () => {
    expect(shares(report, '/p')).toEqual([
      'Time by suite:',
      '      3.0 s   75 %  test/rating',
      '      1.0 s   25 %  test/ledger',
    ]);
  });

  it('is loud about skipped tests', () => {
    expect(skips(report, '/p')).toEqual([
      '!!! 1 tests were skipped and prove nothing:',
      '  SKIPPED  test/rating/b.test.ts: kafka (needs a broker) reads',
    ]);
  });
});
