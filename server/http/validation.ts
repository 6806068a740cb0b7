/**
 * Requests are checked by TypeBox itself: bodies strictly as they are, everything that comes as text (query, path,
 * headers) after conversion. A refusal lists every mistake.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';
import { TollgridError } from '../../platform/errors.ts';

/** TypeBox stops collecting at 8 by default. */
Settings.Set({ maxErrors: 1000 });
const PROBLEMS_SHOWN = 100;

/** A branch of a union whose `kind` is another one: its complaints say nothing. */
const OTHER_KIND = /^(.*\/anyOf\/\d+)\/properties\/kind$/;

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (received: unknown) => {
    const value = httpPart === 'body' ? received : Value.Convert(schema, received);
    if (validator.Check(value)) return { value };
    const problems = meaningful(validator.Errors(value)).map((error) => problemAt(httpPart ?? 'body', error));
    const message = `The request has ${problems.length} mistake(s).`;
    return { error: new TollgridError('REQUEST_INVALID', message, { problems: problems.slice(0, PROBLEMS_SHOWN) }) };
  };
};

export interface RequestProblem {
  /** `querystring.limit`, `body.objects.0.name`... */
  at: string;
  message: string;
}

function problemAt(part: string, error: TLocalizedValidationError): RequestProblem {
  const at = `${part}${error.instancePath.replaceAll('/', '.')}`;
  if (error.keyword === 'additionalProperties') {
    return { at, message: `does not know ${error.params.additionalProperties.join(', ')}` };
  }
  if (error.keyword === 'enum') return { at, message: `must be one of ${error.params.allowedValues.join(', ')}` };
  return { at, message: error.message };
}

/** Leaves out what follows from another complaint of the list. */
function meaningful(errors: TLocalizedValidationError[]): TLocalizedValidationError[] {
  const refuted = errors.flatMap(({ keyword, schemaPath, instancePath }) => {
    const branch = keyword === 'const' ? OTHER_KIND.exec(schemaPath)?.[1] : undefined;
    return branch === undefined ? [] : [{ branch, object: instancePath.slice(0, -'/kind'.length) }];
  });
  const kept = errors.filter(
    ({ keyword, schemaPath, instancePath }) =>
      keyword !== 'boolean' &&
      !refuted.some(({ branch, object }) => schemaPath.startsWith(branch) && isAt(instancePath, object)),
  );
  return kept.filter(
    (error) =>
      error.keyword !== 'anyOf' ||
      !kept.some((other) => other !== error && isAt(other.instancePath, error.instancePath)),
  );
}

function isAt(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
