/** What the schema finds in a document, in the words of a tariff analyst. */
import { Compile, type Validator } from 'typebox/compile';
import { Errors } from 'typebox/value';
import { Settings } from 'typebox/system';
import type { TLocalizedValidationError } from 'typebox/error';
import { TariffFileSchema } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';

type Path = (string | number)[];

let validator: Validator | null = null;

/** Adds a mistake for every finding; returns the paths of the parts that must not be read further. */
export function addSchemaFindings(value: unknown, mistakes: MistakeList): Path[] {
  const broken: Path[] = [];
  // Looking for mistakes takes twenty times as long as seeing that there are none.
  validator ??= Compile(TariffFileSchema);
  if (validator.Check(value)) return broken;
  for (const error of allErrors(value)) {
    // A name or a list of names: what is wrong with the name says enough.
    if (/\/anyOf\/[1-9]/.test(error.schemaPath)) continue;
    const path = pathOf(error.instancePath);
    for (const finding of findings(error, path)) {
      mistakes.add(finding.path, finding.problem, finding.cure);
      broken.push(finding.path);
    }
  }
  return broken;
}

/** TypeBox stops at 8 mistakes unless told otherwise, and can only be told for the process. */
function allErrors(value: unknown): TLocalizedValidationError[] {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: 10_000 });
  try {
    return Errors(TariffFileSchema, value);
  } finally {
    Settings.Set({ maxErrors });
  }
}

function findings(error: TLocalizedValidationError, path: Path): { path: Path; problem: string; cure: string }[] {
  const wanted = describe(error.schemaPath);
  const write = wanted === '' ? 'See docs/tariffs.md.' : `Write ${wanted}.`;
  switch (error.keyword) {
    case 'boolean':
    case 'anyOf':
      // Said more exactly by the finding for the object, or for the branch.
      return [];
    case 'additionalProperties': {
      const known = knownKeys(error.schemaPath);
      return error.params.additionalProperties.map((key) => ({
        path: [...path, key],
        problem: `\`${key}\` is not known here.`,
        cure: known.length === 0 ? 'Remove it.' : `Known: ${known.join(', ')}.`,
      }));
    }
    case 'required':
      return error.params.requiredProperties.map((key) => ({
        path,
        problem: `\`${key}\` is missing.`,
        cure: 'Add it.',
      }));
    case 'enum':
      return [
        {
          path,
          problem: 'This word is not known here.',
          cure: `Use one of: ${error.params.allowedValues.join(', ')}.`,
        },
      ];
    case 'pattern':
      return [{ path, problem: 'This is not written as expected.', cure: write }];
    case 'minItems':
      return [{ path, problem: 'There is nothing in it.', cure: 'Write at least one, or leave it out.' }];
    case 'type':
      if (path.length === 0) {
        const cure = 'Write keys such as `name: phone`, each in a line; docs/tariffs/tutorial.md shows a whole one.';
        return [{ path, problem: 'This is no tariff.', cure }];
      }
      return [{ path, problem: `This ${error.message}.`, cure: write }];
    default:
      return [{ path, problem: `This ${error.message}.`, cure: write }];
  }
}

/** The schema that a finding is about. */
function schemaAt(schemaPath: string): Record<string, unknown> {
  let schema: unknown = TariffFileSchema;
  for (const key of schemaPath.split('/').slice(1))
    schema = (schema as Record<string, unknown> | undefined)?.[unescape(key)];
  return (schema ?? {}) as Record<string, unknown>;
}

/** How a value is written: the schema's title. */
function describe(schemaPath: string): string {
  const { title } = schemaAt(schemaPath);
  return typeof title === 'string' ? title : '';
}

function knownKeys(schemaPath: string): string[] {
  return Object.keys((schemaAt(schemaPath).properties as Record<string, unknown> | undefined) ?? {});
}

function unescape(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : unescape(key)));
}
