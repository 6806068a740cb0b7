/** Files: fetched from other machines, packed, refused. */
import type { ErrorEntry } from '../errors.ts';

const counter = 'tollgrid_errors_total';
const held = 'tollgrid_held_files';

export const fileErrors = {
  SOURCE_HOST_KEY_CHANGED: {
    cause: 'An SFTP server shows a key that is none of `hostKeys`: it was exchanged, or it is another machine.',
    cure: 'Ask its operator for the fingerprint; only when it is the one that the message names, put it into `hostKeys`.',
    counter,
    http: 503,
    exit: 1,
  },
  SOURCE_CERTIFICATE_REFUSED: {
    cause:
      'The certificate of an FTPS server is not good: its authority is not known, its name is another, it ran out.',
    cure: 'Give the authority with `caFile`, or have the certificate mended. `verifyCertificate: false` trusts everybody.',
    counter,
    http: 503,
    exit: 1,
  },
  SOURCE_LOGIN_REFUSED: {
    cause: 'A server that files are fetched from does not accept the user, password or key.',
    cure: 'Look at `user` and the secret files of the source; `tollgrid source test NAME` tries them at once.',
    counter,
    http: 503,
    exit: 1,
  },
  SOURCE_TRANSFER_BROKEN: {
    cause: 'The connection to a server broke off or fell silent while files were fetched.',
    cure: 'Nothing is lost: it goes on where it was. If it lasts, look at the line, the server, and `stallSeconds`.',
    counter,
    http: 503,
    exit: 1,
  },
  SOURCE_LISTING_TOO_LONG: {
    cause: 'More names stand in the folder of a server than a look reads: files behind them are not seen.',
    cure: 'Move or remove at the server what was taken (`taken: move`), or raise `namesMax`.',
    counter,
    http: 503,
    exit: 1,
  },
  SOURCE_CLEANUP_FAILED: {
    cause: 'A file was taken and is durable here, but could not be moved or removed where it came from.',
    cure: 'Let the user of the source do that, and make the folder it is moved to. It is tried again and not taken again.',
    counter,
    http: 503,
    exit: 1,
  },
  FILE_TOO_LARGE: {
    cause: 'A file is larger than `fileBytesMax` of its source; nothing of it was taken.',
    cure: 'Have it sent in parts, or raise the limit: then it is taken at the next look.',
    counter,
    http: 413,
    exit: 1,
  },
  FILE_NOT_RELEASABLE: {
    cause: 'A packed file was to be released that is held because it cannot be unpacked within the limits.',
    cure: 'Have it sent again mended, or raise `intake.packed` and send it again; or reject it.',
    counter,
    http: 409,
    exit: 1,
  },
  PACKED_RATIO: {
    cause: 'A packed file unpacks to many more bytes than it has: most likely it is made to do harm.',
    cure: 'Nothing of it was taken; it is kept as it came. When it is genuine, raise `intake.packed.ratioMax`, send it again.',
    counter: held,
    http: 422,
    exit: 1,
  },
  PACKED_TOO_LARGE: {
    cause: 'A packed file unpacks to more bytes than are allowed.',
    cure: 'Have it sent in parts, or raise `intake.packed.bytesMax` and send it again; it is kept as it came.',
    counter: held,
    http: 422,
    exit: 1,
  },
  PACKED_TOO_MANY: {
    cause: 'More files are in a packed one than are allowed.',
    cure: 'Have it sent in parts, or raise `intake.packed.filesMax` and send it again; it is kept as it came.',
    counter: held,
    http: 422,
    exit: 1,
  },
  PACKED_NESTED: {
    cause: 'A packed file holds another packed file.',
    cure: 'Have its files sent packed once, or not at all; it is kept as it came.',
    counter: held,
    http: 422,
    exit: 1,
  },
  PACKED_UNREADABLE: {
    cause: 'A packed file cannot be unpacked: cut off, damaged, encrypted, empty, or no packed file at all.',
    cure: 'Have it sent again under the same name: a good copy takes its place. It is kept as it came.',
    counter: held,
    http: 422,
    exit: 1,
  },
} satisfies Record<string, ErrorEntry>;
