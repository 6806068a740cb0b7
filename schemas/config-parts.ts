/** What the sections of the configuration are built from. */
import Type, { type TSchema } from 'typebox';

export const MIB = 1024 * 1024;

/** A path; relative ones are resolved against the folder of the configuration file. */
export const Path = (options: { description: string; default?: string }) =>
  Type.String({ minLength: 1, path: true, ...options });
/** A secret that is in no file: `passwordEnv` beside `passwordFile`. Names of settings are taken. */
export const SecretEnv = () =>
  Type.Optional(
    Type.String({
      pattern: '^(?!TOLLGRID_)[A-Za-z_][A-Za-z0-9_]*$',
      description: 'Or the variable of the environment that holds it; a name of your own, without `TOLLGRID_`.',
    }),
  );
export const Integer = (minimum: number, maximum: number, defaultValue: number, description: string) =>
  Type.Integer({ minimum, maximum, default: defaultValue, description });
export const Switch = (defaultValue: boolean, description: string) =>
  Type.Boolean({ default: defaultValue, description });

export function Section<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { description, additionalProperties: false });
}
