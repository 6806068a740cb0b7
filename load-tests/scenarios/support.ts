/**
 * What the scenarios share. Arrivals come at their rate whether Tollgrid has answered those before or not, as callers do.
 * Environment: BASE_URL, TOKEN (an API key, if there are keys), RATE, SECONDS, SUMMARY (file).
 */
import { check, fail } from 'k6';
import http, { type Answer } from 'k6/http';

export const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:8400';

const headers: Record<string, string> = __ENV.TOKEN === undefined ? {} : { authorization: `Bearer ${__ENV.TOKEN}` };

export interface Limits {
  /** Arrivals in a second; RATE stands above it. */
  perSecond: number;
  /** Of all requests, in milliseconds. */
  p95Ms: number;
}

/** Options of one scenario that runs the exported function of that name. */
export function arrivals(exec: string, { perSecond, p95Ms }: Limits): object {
  return {
    scenarios: {
      [exec]: {
        executor: 'constant-arrival-rate',
        exec,
        rate: Number(__ENV.RATE ?? perSecond),
        timeUnit: '1s',
        duration: `${__ENV.SECONDS ?? 60}s`,
        preAllocatedVUs: 20,
        maxVUs: 200,
      },
    },
    thresholds: {
      http_req_failed: ['rate<0.001'],
      http_req_duration: [`p(95)<${p95Ms}`],
      checks: ['rate>0.999'],
      // Arrivals that found no free caller: then the rate was not kept.
      dropped_iterations: ['count==0'],
    },
    summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max'],
  };
}

/** `name` groups requests whose paths differ. */
export function get(path: string, name: string): Answer {
  const answer = http.get(`${BASE_URL}${path}`, { headers, tags: { name } });
  check(answer, { [`${name} answers 200`]: ({ status }) => status === 200 });
  return answer;
}

export function post(path: string, body: string, type: string, name: string): Answer {
  return http.post(`${BASE_URL}${path}`, body, { headers: { ...headers, 'content-type': type }, tags: { name } });
}

/** For `setup`: without it nothing can be measured. */
export function items<T>(path: string): T[] {
  const answer = http.get(`${BASE_URL}${path}`, { headers });
  if (answer.status !== 200) fail(`${path} answers ${answer.status}: ${answer.body}`);
  return (answer.json() as { items: T[] }).items;
}

interface Metric {
  type: string;
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}

/** Figures and what became of the thresholds, into the file SUMMARY. */
export function handleSummary({ metrics }: { metrics: Record<string, Metric> }): Record<string, string> {
  const kept = Object.entries(metrics).filter(
    ([name]) => !/^(data_|vus|group_|http_req_(tls|conn|bl|rec|send|wait))/.test(name),
  );
  const summary = JSON.stringify(Object.fromEntries(kept), null, 2);
  return { [__ENV.SUMMARY ?? 'stdout']: `${summary}\n` };
}
