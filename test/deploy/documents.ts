/** The files of deploy/ as values, typed as far as tests look at them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../platform/paths.ts';

export const inProject = (...parts: string[]): string => path.join(projectRoot, ...parts);
export const text = (file: string): string => readFileSync(inProject(file), 'utf8');

export interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  ports: string[];
  volumes: string[];
  secrets: string[];
  user?: string;
  read_only?: boolean;
  cap_drop: string[];
  security_opt: string[];
  restart: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test: string[] };
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
  secrets: Record<string, { file: string }>;
}

export const compose = (): Compose => parse(text('deploy/compose/compose.yaml')) as Compose;

/** Instructions with their continued lines joined, comments left out. */
export function dockerfile(): { instruction: string; rest: string }[] {
  return text('deploy/Dockerfile')
    .replace(/^#.*$/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line.trim().replace(/\s+/g, ' ')))
    .flatMap((match) => (match === null ? [] : [{ instruction: match[1], rest: match[2] }]));
}

/** Sections and keys of the unit; keys may come again. */
export function unit(): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const [, key, value] of text('deploy/systemd/tollgrid.service').matchAll(/^(\w+)=(.*)$/gm)) {
    keys.set(key, [...(keys.get(key) ?? []), value]);
  }
  return keys;
}
