/** Every refusal leaves as application/problem+json (RFC 9457) with a code of docs/errors.md. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { TollgridError, type ErrorCode } from '../../platform/errors.ts';
import type { Problem } from '../../schemas/api/common.ts';
import { ERRORS } from '../../schemas/errors.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Fastify's own errors, by its code. Others with a 4xx status become REQUEST_INVALID. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'UPLOAD_BROKEN',
  FST_ERR_NOT_FOUND: 'ROUTE_UNKNOWN',
  ECONNRESET: 'UPLOAD_BROKEN',
};

/** What the caller is told. `requestId` leads from an INTERNAL to the log line. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = error instanceof TollgridError ? error : fromFastify(error);
  if (!known || known.code === 'INTERNAL') {
    return problem('INTERNAL', 'The request failed inside the server.', { requestId });
  }
  return problem(known.code, known.message, known.details);
}

function problem(code: ErrorCode, detail: string, details: Readonly<Record<string, unknown>>): Problem {
  const { cause, cure, http } = ERRORS[code];
  return { type: `docs/errors.md#${code.toLowerCase()}`, title: cause, status: http, code, detail, cure, details };
}

function fromFastify(error: unknown): TollgridError | null {
  if (!(error instanceof Error)) return null;
  const { statusCode, code } = error as FastifyError;
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return null;
  return new TollgridError(FASTIFY_CODES[code] ?? 'REQUEST_INVALID', error.message);
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="tollgrid"');
  if (problem.status === 503 || problem.status === 429)
    reply.header('retry-after', String(problem.details.retryAfterSeconds ?? 1));
  // The route's own serializer would drop what its success answer does not have.
  return reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(problem);
}

export interface ErrorCounter {
  inc(labels: { code: string }): void;
}

export function problemHandler(counter?: ErrorCounter) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemOf(error, request.id);
    counter?.inc({ code: problem.code });
    if (problem.code === 'INTERNAL')
      request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    void sendProblem(reply, problem);
  };
}
