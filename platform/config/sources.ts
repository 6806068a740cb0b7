/** Rules about more than one key of the sources. Pure. */
import { SOURCE_KINDS, type SourceConfig } from '../../schemas/config.ts';
import type { Mistake } from './check.ts';

export function sourceMistakes(sources: readonly SourceConfig[]): Mistake[] {
  return sources.flatMap((source, index) => {
    const wrong = (key: string, message: string): Mistake => ({ path: ['sources', index, key], message });
    const needed = source.kind === 'files' ? 'directory' : source.kind;
    return [
      ...(sources.findIndex(({ name }) => name === source.name) < index
        ? [wrong('name', `is used twice: ${source.name}`)]
        : []),
      ...(source[needed] === undefined ? [wrong(needed, `is missing: a source of kind ${source.kind} needs it`)] : []),
      ...openSecrets(source).map((index) => wrong('radius', `clients.${index}.secretFile is missing`)),
      ...otherSections(source).map((section) => wrong(section, `belongs to another kind than ${source.kind}`)),
    ];
  });
}

function otherSections(source: SourceConfig): string[] {
  const sections = SOURCE_KINDS.filter((kind) => kind !== 'files' && kind !== source.kind);
  const given = sections.filter((kind) => source[kind as Exclude<typeof kind, 'files'>] !== undefined);
  return source.kind !== 'files' && source.directory !== undefined ? ['directory', ...given] : given;
}

/** A secret that nobody else was told is of use to tools on this machine only. */
function openSecrets({ radius }: SourceConfig): number[] {
  const clients = radius?.clients ?? [];
  return clients.flatMap(({ address, secretFile }, index) =>
    secretFile === undefined && !/^(127\.\d+\.\d+\.\d+(\/32)?|::1(\/128)?)$/.test(address) ? [index] : [],
  );
}
