/** Folders on other machines that files are fetched from. */
import Type, { type Static } from 'typebox';
import { Integer, Path, SecretEnv, Section, Switch } from './config-parts.ts';

const RemotePath = (description: string) =>
  Type.String({ minLength: 1, pattern: '^[^\\u0000-\\u001f]+$', description });
const Port = (usual: number) => Integer(1, 65_535, usual, 'Port.');
const Host = Type.String({ minLength: 1, description: 'Name or address of the server.' });
const User = Type.String({ minLength: 1, pattern: '^[^\\u0000-\\u001f]+$', description: 'User name there.' });

/** What is the same whatever the protocol. */
const folder = {
  directory: { ...RemotePath('Folder on the server.'), default: '/' },
  everySeconds: Integer(1, 86_400, 60, 'Time between two looks; each is a connection of its own.'),
  taken: Type.Enum(['leave', 'move', 'delete'], {
    default: 'leave',
    description:
      'What happens to a file at the sender when it is durable here. Left ones are known by name, size and time.',
  }),
  movedTo: Type.Optional(RemotePath('`taken: move`: the folder on the server, which must be there.')),
  filesPerLook: Integer(1, 100_000, 1000, 'New files taken at one look; the others follow at the next.'),
  namesMax: Integer(1, 1_000_000, 200_000, 'Names that are read of a listing; with more of them a look says so.'),
  stallSeconds: Integer(2, 3600, 60, 'A server that is silent for so long is given up until the next look.'),
};

export const Sftp = Section('Files fetched by SFTP.', {
  host: Host,
  port: Port(22),
  user: User,
  passwordFile: Type.Optional(Path({ description: 'File with the password.' })),
  passwordEnv: SecretEnv(),
  privateKeyFile: Type.Optional(Path({ description: 'File with the private key (OpenSSH or PEM).' })),
  passphraseFile: Type.Optional(Path({ description: 'File with the passphrase of that key.' })),
  passphraseEnv: SecretEnv(),
  hostKeys: Type.Array(Type.String({ pattern: '^SHA256:[A-Za-z0-9+/]{43}$' }), {
    description:
      'Fingerprints as `ssh-keygen -lf` prints them (`SHA256:...`): the key of the server must be one of them.',
  }),
  connectSeconds: Integer(1, 600, 20, 'Time for connecting and logging in.'),
  ...folder,
});

export const Ftp = Section('Files fetched by FTP or FTPS.', {
  host: Host,
  port: Port(21),
  user: User,
  passwordFile: Type.Optional(Path({ description: 'File with the password.' })),
  passwordEnv: SecretEnv(),
  tls: Type.Enum(['explicit', 'implicit', 'none'], {
    default: 'explicit',
    description:
      '`explicit`: FTPS on the usual port. `implicit`: TLS at once, mostly on 990. `none`: readable by everybody.',
  }),
  verifyCertificate: Switch(true, 'Speak only to a server whose certificate is good for its name.'),
  caFile: Type.Optional(
    Path({ description: 'Authority of the certificate (PEM), when it is none of the known ones.' }),
  ),
  ...folder,
});

export type SftpConfig = Static<typeof Sftp>;
export type FtpConfig = Static<typeof Ftp>;
