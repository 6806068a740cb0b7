/** Servers that take the place of what Tollgrid brings along. */
import Type from 'typebox';
import { Path, Section, Switch } from './config-parts.ts';

export const LedgerPlace = Section(
  'Where charges are: in the embedded engine, or on a server (docs/operating/servers.md).',
  {
    url: Type.Optional(
      Type.String({
        pattern: '^https?://',
        description: 'A ClickHouse server to use instead of the embedded engine, for example `http://ch:8123`.',
      }),
    ),
    database: Type.String({
      default: 'default',
      pattern: '^\\w{1,64}$',
      description: 'Database there. It must exist.',
    }),
    user: Type.String({ default: 'default', minLength: 1, description: 'User name there.' }),
    passwordFile: Type.Optional(
      Path({ description: 'File with the password there. Or the password in `TOLLGRID_LEDGER_PASSWORD`.' }),
    ),
    compression: Switch(false, 'Compress what is sent and answered (gzip): for a slow line to the server.'),
  },
);

export const RegistryPlace = Section(
  'Where parties, accounts and subscriptions are: inside, or on a server (docs/operating/servers.md).',
  {
    url: Type.Optional(
      Type.String({
        pattern: '^postgres://[^@/?#]*/[^@/?#]+(\\?host=/[^@?&#]*)?$',
        description:
          'A PostgreSQL database to use instead, for example `postgres://pg:5432/tollgrid`, or `postgres:///tollgrid?host=/run/postgresql` for a socket.',
      }),
    ),
    user: Type.Optional(Type.String({ minLength: 1, description: 'User name there; `tollgrid` when left out.' })),
    passwordFile: Type.Optional(
      Path({ description: 'File with the password there. Or the password in `TOLLGRID_REGISTRY_PASSWORD`.' }),
    ),
    tls: Switch(false, "Speak TLS, and verify the server's certificate."),
    caFile: Type.Optional(
      Path({ description: "`tls`: authority of the server's certificate (PEM); the system's when left out." }),
    ),
  },
);
