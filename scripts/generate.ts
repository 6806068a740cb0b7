/**
 * Writes every generated file of the project; `--check` writes nothing and fails when one differs.
 * Each file is one entry of the table; its content comes from the part that owns the facts.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { projectRoot } from '../platform/paths.ts';

interface Generated {
  file: string;
  /** The whole text. Markdown, JSON and YAML are laid out by Prettier afterwards. */
  produce(): Promise<string>;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2) + '\n';

const editorSchema = (schema: object): string =>
  json({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema });

const GENERATED: Generated[] = [
  { file: 'docs/errors.md', produce: async () => (await import('./pages/errors-page.ts')).errorsPage() },
  { file: 'docs/commands.md', produce: async () => (await import('./pages/commands-page.ts')).commandsPage() },
  { file: 'docs/configuration.md', produce: async () => (await import('../platform/config.ts')).configReference() },
  { file: 'tollgrid.example.yaml', produce: async () => (await import('../platform/config.ts')).configExample() },
  {
    file: 'schemas/json/tollgrid.schema.json',
    produce: async () => json((await import('../platform/config.ts')).configJsonSchema()),
  },
  {
    file: 'schemas/json/format.schema.json',
    produce: async () => editorSchema((await import('../schemas/format.ts')).FormatSchema),
  },
  {
    file: 'schemas/json/tariff.schema.json',
    produce: async () => editorSchema((await import('../schemas/tariff.ts')).TariffFileSchema),
  },
  {
    file: 'schemas/json/guiding.schema.json',
    produce: async () => editorSchema((await import('../schemas/guiding.ts')).GuidingSchema),
  },
  {
    file: 'docs/openapi.json',
    produce: async () => json(await (await import('../server/http/index.ts')).openapiDocument()),
  },
  {
    file: 'docs/tariffs/reference.md',
    produce: async () => (await import('./pages/tariff-reference.ts')).tariffReference(),
  },
  { file: 'docs/metrics.md', produce: async () => (await import('./pages/metrics-page.ts')).metricsPage() },
  {
    file: 'dashboards/tollgrid.json',
    produce: async () =>
      json((await import('../dashboards/grafana.ts')).grafanaBoard((await import('../dashboards/board.ts')).ROWS)),
  },
  { file: 'docs/ledger.md', produce: async () => (await import('../ledger/index.ts')).ledgerReference() },
];

async function laidOut(file: string, text: string): Promise<string> {
  if (file === 'docs/openapi.json') return text;
  const target = path.join(projectRoot, file);
  return format(text, { ...(await resolveConfig(target)), filepath: target });
}

const check = process.argv.includes('--check');
const stale: string[] = [];

for (const { file, produce } of GENERATED) {
  const target = path.join(projectRoot, file);
  const text = await laidOut(file, await produce());
  if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
  stale.push(file);
  if (check) continue;
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  console.log(`wrote ${file}`);
}

if (check && stale.length > 0) {
  console.error(`Not up to date: ${stale.join(', ')}. Run \`npm run generate\` and commit the result.`);
  process.exitCode = 1;
}
