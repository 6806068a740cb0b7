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
      ...frameMistakes(source).map((message) => wrong('tcp', message)),
      ...folderMistakes(source).map(([key, message]) => wrong(key, message)),
      ...remoteMistakes(source).map(([key, message]) => wrong(`${source.kind}.${key}`, message)),
      ...(source.kafka?.values === 'protobuf' && source.kafka.protobuf === undefined
        ? [wrong('kafka', 'needs `protobuf`, which names the schema')]
        : []),
      ...openSecrets(source).map((index) =>
        wrong('radius', `clients.${index}.secretFile is missing: give this or \`secretEnv\``),
      ),
      ...otherSections(source).map((section) => wrong(section, `belongs to another kind than ${source.kind}`)),
    ];
  });
}

function frameMistakes({ tcp }: SourceConfig): string[] {
  if (tcp?.framing === 'length' && tcp.frame === undefined)
    return ['needs `frame`, which says where the length stands'];
  return tcp?.framing === 'fixed' && tcp.frame?.bytes === undefined ? ['needs `frame: { bytes }`'] : [];
}

function otherSections(source: SourceConfig): string[] {
  const sections = SOURCE_KINDS.filter((kind) => kind !== 'files' && kind !== source.kind);
  const given = sections.filter((kind) => source[kind as Exclude<typeof kind, 'files'>] !== undefined);
  return source.kind !== 'files' && source.directory !== undefined ? ['directory', ...given] : given;
}

function folderMistakes(source: SourceConfig): [key: string, message: string][] {
  const { kind, mode, directory, archive, quarantine } = source;
  return [['archive', archive] as const, ['quarantine', quarantine] as const].flatMap(([key, folder]) => {
    if (folder === undefined) return [];
    if (kind !== 'files') return [[key, 'is for folders of this machine']];
    if (mode === 'growing') return [[key, 'is for closed files']];
    return folder === directory ? [[key, 'must be another folder than the one that is watched']] : [];
  });
}

function remoteMistakes({ kind, sftp, ftp }: SourceConfig): [key: string, message: string][] {
  const folder = kind === 'sftp' ? sftp : kind === 'ftp' ? ftp : undefined;
  if (folder === undefined) return [];
  const mistakes: [string, string][] = [];
  if (folder.taken === 'move' && folder.movedTo === undefined) mistakes.push(['movedTo', 'is missing: the folder']);
  if (folder.movedTo === folder.directory) mistakes.push(['movedTo', 'must be another folder than `directory`']);
  if (kind === 'sftp' && sftp !== undefined) {
    if (sftp.hostKeys.length === 0) mistakes.push(['hostKeys', 'is empty: without a known key any server would do']);
    if ((sftp.passwordFile ?? sftp.passwordEnv ?? sftp.privateKeyFile) === undefined)
      mistakes.push(['privateKeyFile', 'is missing: give this or `passwordFile`']);
  }
  return mistakes;
}

/** A secret that nobody else was told is of use to tools on this machine only. */
function openSecrets({ radius }: SourceConfig): number[] {
  const clients = radius?.clients ?? [];
  return clients.flatMap(({ address, secretFile, secretEnv }, index) =>
    (secretFile ?? secretEnv) === undefined && !/^(127\.\d+\.\d+\.\d+(\/32)?|::1(\/128)?)$/.test(address)
      ? [index]
      : [],
  );
}
