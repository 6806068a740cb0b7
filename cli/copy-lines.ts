/** Copies and backups as `tollgrid status` tells them. */
import type { Status } from '../schemas/api/operation.ts';
import { whole } from './table.ts';

export function copyLines({ copies, lastBackup }: Pick<Status, 'copies' | 'lastBackup'>): string[] {
  return [
    ...copies.map(({ name, kind, copiedEntry, missingEntries, missingMs, failure }) => {
      const title = kind === 'directory' ? 'second copy' : `second copy ${name}`;
      const upTo = copiedEntry === null ? 'nothing known' : `up to entry ${whole(copiedEntry)}`;
      const age = missingMs === null ? '' : `, the oldest for ${whole(missingMs)} ms`;
      const left = missingEntries === 0 ? 'nothing is missing' : `${whole(missingEntries)} entries are missing${age}`;
      return `${title}: ${upTo}, ${left}${failure === null ? '' : `; FAILS: ${failure}`}`;
    }),
    lastBackup === null
      ? 'last backup: none known'
      : `last backup: ${lastBackup.madeAt} up to entry ${whole(lastBackup.lastEntry)}, ${lastBackup.name} in ${lastBackup.to}`,
  ];
}
