/** What every command has at hand. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadConfig, type Config } from '../platform/config.ts';
import { projectRoot } from '../platform/paths.ts';
import { withFront } from './client.ts';
import type { Context } from './command.ts';
import type { Io } from './io.ts';

export const SAMPLE_TOWN = path.join(projectRoot, 'examples', 'town', 'tollgrid.yaml');

/** The file of `--config`, of `TOLLGRID_CONFIG`, the one here, or the sample town's. */
export function configFile(given: string | undefined): string {
  const named = given ?? process.env['TOLLGRID_CONFIG'];
  if (named !== undefined && named !== '') return path.resolve(named);
  const here = path.resolve('tollgrid.yaml');
  return existsSync(here) ? here : SAMPLE_TOWN;
}

export function makeContext(io: Io, options: { json?: boolean; config?: string }): Context {
  let loaded: Config | undefined;
  const config = async (): Promise<Config> =>
    (loaded ??= loadConfig({ path: configFile(options.config), env: process.env }));
  return {
    io,
    json: options.json === true,
    config,
    withApi: async (use) => withFront(await config(), io, use),
  };
}
