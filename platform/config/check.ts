/** Fills defaults and finds every mistake of a configuration at once. Pure: knows no file and no environment. */
import { nearest } from '../nearest.ts';
import type { KeySchema } from './keys.ts';

export interface Mistake {
  path: (string | number)[];
  message: string;
}

/** The value with defaults filled in; what is wrong goes to `mistakes`. `resolve` makes a path absolute. */
export function fill(
  schema: KeySchema,
  value: unknown,
  path: (string | number)[],
  mistakes: Mistake[],
  resolve: (path: string) => string,
): unknown {
  const wrong = (message: string): undefined => {
    mistakes.push({ path, message });
    return undefined;
  };
  switch (schema.type) {
    case 'object': {
      // A section whose keys are all commented out reads as null.
      const given = value ?? {};
      if (typeof given !== 'object' || Array.isArray(given)) return wrong('has keys of its own, not a value');
      return fillObject(schema, given as Record<string, unknown>, path, mistakes, resolve);
    }
    case 'array': {
      const given = value ?? schema.default;
      if (!Array.isArray(given)) return wrong('must be a list');
      return given.map((item, index) => fill(schema.items!, item, [...path, index], mistakes, resolve));
    }
    default: {
      const given = value === undefined ? schema.default : value;
      const fault = given === undefined ? 'is missing' : leafFault(schema, given);
      if (fault !== null) return wrong(fault);
      return schema.path === true ? resolve(given as string) : given;
    }
  }
}

function fillObject(
  schema: KeySchema,
  given: Record<string, unknown>,
  path: (string | number)[],
  mistakes: Mistake[],
  resolve: (path: string) => string,
): Record<string, unknown> {
  const properties = schema.properties!;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(properties, name)) continue;
    mistakes.push({ path: [...path, name], message: unknownKey(name, Object.keys(properties)) });
  }
  const filled: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(properties)) {
    if (given[name] === undefined && !schema.required?.includes(name)) continue;
    filled[name] = fill(child, given[name], [...path, name], mistakes, resolve);
  }
  return filled;
}

function unknownKey(name: string, known: string[]): string {
  if (known.includes(`${name}File`)) {
    return `is a secret: use \`${name}File\`, or the environment`;
  }
  const meant = nearest(name, known);
  return `is no key here; ${meant ? `did you mean \`${meant}\`?` : `there are ${known.join(', ')}`}`;
}

/** What is wrong with a single value, or null. */
export function leafFault(schema: KeySchema, value: unknown): string | null {
  if (schema.enum) return schema.enum.includes(value as string) ? null : `must be one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'integer': {
      const { minimum, maximum } = schema as { minimum: number; maximum: number };
      if (!Number.isSafeInteger(value)) return 'must be a whole number';
      return minimum <= (value as number) && (value as number) <= maximum
        ? null
        : `must be from ${minimum} to ${maximum}`;
    }
    default:
      if (typeof value !== 'string') return 'must be text';
      if (value.length < (schema.minLength ?? 0)) return 'must not be empty';
      return schema.pattern === undefined || new RegExp(schema.pattern).test(value)
        ? null
        : `must match ${schema.pattern}`;
  }
}
