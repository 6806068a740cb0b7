// Reads vitest's JSON report. Pure: test/house/test-report.test.ts holds it.
import path from 'node:path';

const suiteOf = (file, root) => path.relative(root, file).split(path.sep).slice(0, 2).join('/');

/**
 * Counts for the last line. A file that could not be loaded has no tests, but it failed; so did a run that ended badly
 * (an error outside of any test) although no test did.
 */
export function summary(report, exitCode) {
  let [passed, failed, skipped] = [0, 0, 0];
  for (const file of report.testResults) {
    const failedBefore = failed;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed++;
      else if (test.status === 'failed') failed++;
      else skipped++;
    }
    if (file.status === 'failed' && failed === failedBefore) failed++;
  }
  if (exitCode !== 0 && failed === 0) failed = 1;
  return { passed, failed, skipped };
}

/** One line per suite (folder below test/): its share of the time that all of them took together. */
export function shares(report, root) {
  const millis = new Map();
  for (const file of report.testResults) {
    const suite = suiteOf(file.name, root);
    millis.set(suite, (millis.get(suite) ?? 0) + Math.max(0, file.endTime - file.startTime));
  }
  const total = [...millis.values()].reduce((sum, value) => sum + value, 0);
  if (total === 0) return [];
  const rows = [...millis].sort((a, b) => b[1] - a[1]);
  return [
    'Time by suite:',
    ...rows.map(([suite, value]) => {
      const seconds = (value / 1000).toFixed(1).padStart(7);
      return `  ${seconds} s  ${String(Math.round((value / total) * 100)).padStart(3)} %  ${suite}`;
    }),
  ];
}

/** Every skipped test, grouped by suite. The name says why: `describe.skipIf(!has)('... (needs X)')`. */
export function skips(report, root) {
  const lines = [];
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') continue;
      lines.push(`  SKIPPED  ${path.relative(root, file.name)}: ${test.fullName ?? test.title}`);
    }
  }
  return lines.length === 0 ? [] : [`!!! ${lines.length} tests were skipped and prove nothing:`, ...lines];
}
