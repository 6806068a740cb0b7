/** TypeBox's findings in words, for files and requests that people write. */
import type { TLocalizedValidationError } from 'typebox/error';

export interface SchemaMistake {
  /** JSON pointer to the place, '' for the whole document. */
  path: string;
  message: string;
}

/** One mistake per place; combinators' own lines are left out when a branch already says more. */
export function schemaMistakes(errors: readonly TLocalizedValidationError[]): SchemaMistake[] {
  const mistakes: SchemaMistake[] = [];
  for (const error of errors) {
    // `boolean` repeats, per key, what `additionalProperties` says for the object.
    if (error.keyword === 'boolean') continue;
    for (const message of words(error)) mistakes.push({ path: error.instancePath, message });
  }
  return mistakes;
}

function words(error: TLocalizedValidationError): string[] {
  switch (error.keyword) {
    case 'additionalProperties':
      return error.params.additionalProperties.map((key) => `unknown key \`${key}\``);
    case 'required':
      return error.params.requiredProperties.map((key) => `\`${key}\` is missing`);
    case 'enum':
      return [`must be one of ${error.params.allowedValues.map(String).join(', ')}`];
    default:
      return [error.message];
  }
}
