/** The configuration's schema as a page for people, a file to start from and a schema for editors. */
import { stringify } from 'yaml';
import { CONFIG_PATH_VARIABLE, environmentName, rootSchema, SECRETS, type KeySchema } from './keys.ts';

const MIB = 1024 * 1024;

/** Markdown: every key with type, default, name in the environment and meaning. */
export function configReference(): string {
  const sections = Object.entries(rootSchema.properties!).map(([name, schema]) => {
    if (schema.type === 'object') return `## ${name}\n\n${schema.description}\n\n${table(schema, [name])}`;
    if (schema.type === 'array')
      return `## ${name}\n\n${schema.description} A list; each has:\n\n${table(schema.items!, null)}`;
    return null;
  });
  const top: KeySchema = {
    ...rootSchema,
    properties: Object.fromEntries(
      Object.entries(rootSchema.properties!).filter(([, { type }]) => type !== 'object' && type !== 'array'),
    ),
  };
  const secrets = Object.values(SECRETS).map(
    ({ environment, section, fileKey }) => `- \`${environment}\`, or the file that \`${section}.${fileKey}\` names`,
  );
  return [
    '# Configuration',
    '',
    'Generated from `schemas/config.ts`; do not edit.',
    '',
    `Tollgrid reads \`tollgrid.yaml\` in the working directory, or the file that \`--config\` or \`${CONFIG_PATH_VARIABLE}\``,
    'names. Every key has a default, but for three of each source. A variable of the environment stands above the file.',
    'Relative paths are taken from the folder of the file. `tollgrid config check` reports all mistakes at once.',
    '',
    'Secrets have no key:',
    '',
    ...secrets,
    '- of sources and outputs: the file that a `*File` key names, or the variable that the `*Env` key beside it names',
    '',
    table(top, []),
    '',
    ...sections.filter((section) => section !== null).flatMap((section) => [section, '']),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** Rows of the keys right inside a section; `path` null where the environment does not reach (lists). */
function table(section: KeySchema, path: string[] | null): string {
  const rows = Object.entries(section.properties!).map(([name, schema]) => {
    const variable = path === null || schema.type === 'array' ? '' : `\`${environmentName([...path, name])}\``;
    const cells = [
      `\`${name}\``,
      typeText(schema),
      defaultText(schema, section, name),
      variable,
      schema.description ?? '',
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | type | default | environment | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function typeText(schema: KeySchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'array') return `list of ${typeText(schema.items!)}`;
  if (schema.type === 'integer') return `${sizeText(schema.minimum!)} to ${sizeText(schema.maximum!)}`;
  if (schema.path === true) return 'path';
  return schema.type === 'boolean' ? 'true or false' : 'text';
}

function defaultText(schema: KeySchema, section: KeySchema, name: string): string {
  if (schema.default === undefined) return section.required?.includes(name) ? 'required' : 'none';
  if (typeof schema.default === 'number') return sizeText(schema.default);
  return Array.isArray(schema.default) ? 'none' : `\`${String(schema.default)}\``;
}

/** `25165824 (24 MiB)`. */
function sizeText(value: number): string {
  return value >= MIB && value % MIB === 0 ? `${value} (${value / MIB} MiB)` : String(value);
}

/** A tollgrid.yaml in which every key stands, with its default or commented out. */
export function configExample(): string {
  const lines = [
    '# Every key of tollgrid.yaml with its default. Delete what need not differ.',
    ...exampleLines(rootSchema, ''),
    '# sources:',
    ...exampleSource().map((line) => `#   ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function exampleLines(section: KeySchema, indent: string): string[] {
  return Object.entries(section.properties!).flatMap(([name, schema]) => {
    const note = `${indent}# ${schema.description}`;
    if (schema.type === 'object') {
      const lines = [`${indent}${name}:`, ...exampleLines(schema, `${indent}  `)];
      // What is left out as a whole has keys without which it cannot be there.
      return ['', note, ...(section.required?.includes(name) ? lines : lines.map((line) => commented(line, indent)))];
    }
    if (schema.default === undefined) return [note, `${indent}# ${name}:`];
    return [...(indent === '' ? [''] : []), note, `${indent}${stringify({ [name]: schema.default }).trimEnd()}`];
  });
}

function commented(line: string, indent: string): string {
  return line === '' ? '' : `${indent}# ${line.slice(indent.length)}`;
}

function exampleSource(): string[] {
  const source = rootSchema.properties!['sources'].items!;
  const values = Object.entries(source.properties!).map(([name, schema]) => [name, schema.default ?? EXAMPLE[name]]);
  return stringify([Object.fromEntries(values)])
    .trimEnd()
    .split('\n');
}

const EXAMPLE: Record<string, string> = { name: 'exchange-1', format: 'asterisk-master', directory: './incoming' };

/** JSON Schema (draft 2020-12) for editors. Nothing is required there: what is left out has a default. */
export function configJsonSchema(): Record<string, unknown> {
  const relaxed = (schema: KeySchema): Record<string, unknown> => {
    const { properties, required, path: _path, ...rest } = schema;
    if (properties === undefined) return rest.items ? { ...rest, items: relaxed(rest.items) } : rest;
    const demanded = required?.filter(
      (name) => properties[name].type !== 'object' && properties[name].default === undefined,
    );
    const inner = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, relaxed(child)]));
    return { ...rest, ...(demanded?.length ? { required: demanded } : {}), properties: inner };
  };
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'tollgrid.yaml', ...relaxed(rootSchema) };
}
