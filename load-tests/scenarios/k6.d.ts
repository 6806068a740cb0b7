/** What the scenarios use of k6 (1.x), whose own types come with no package that is installed here. */

declare const __ENV: Record<string, string | undefined>;

declare module 'k6' {
  export function check<T>(value: T, checks: Record<string, (value: T) => boolean>): boolean;
  export function fail(message: string): never;
}

declare module 'k6/execution' {
  const execution: { scenario: { iterationInTest: number } };
  export default execution;
}

declare module 'k6/metrics' {
  export class Counter {
    constructor(name: string);
    add(value: number): void;
  }
}

declare module 'k6/http' {
  export interface Answer {
    status: number;
    body: string | null;
    json(): unknown;
  }
  interface Parameters {
    headers?: Record<string, string>;
    tags?: Record<string, string>;
  }
  const http: {
    get(url: string, parameters?: Parameters): Answer;
    post(url: string, body: string, parameters?: Parameters): Answer;
  };
  export default http;
}
