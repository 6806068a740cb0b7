/** What operators ask: the audit by source, suspense, sources, files, status and metrics. */
import execution from 'k6/execution';
import { arrivals, get } from './support.ts';

export { handleSummary } from './support.ts';

export const options = arrivals('reports', { perSecond: 2, p95Ms: 2000 });

const REPORTS = [
  ['/v1/audit?by=source', 'audit'],
  ['/v1/suspense?limit=100', 'suspense'],
  ['/v1/sources', 'sources'],
  ['/v1/files?limit=100', 'files'],
  ['/v1/status', 'status'],
  ['/metrics', 'metrics'],
] as const;

export function reports(): void {
  const [path, name] = REPORTS[execution.scenario.iterationInTest % REPORTS.length];
  get(path, name);
}
