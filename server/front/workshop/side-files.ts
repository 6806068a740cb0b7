import { TollgridError } from '../../../platform/errors.ts';

/** Side files that came with a request, by their relative names. */
export function sideFiles(files: Readonly<Record<string, string>>): (name: string) => string {
  return (name) => {
    if (!Object.hasOwn(files, name)) {
      throw new TollgridError(
        'SIDE_FILE_MISSING',
        `The document names the file "${name}", which was not sent with it.`,
        {
          file: name,
        },
      );
    }
    return files[name];
  };
}
