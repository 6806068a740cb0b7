import type { ErrorEntry } from '../errors.ts';

const refused = { counter: 'tollgrid_errors_total', exit: 2 } as const;

export const registryErrors = {
  REGISTRY_INVALID: {
    cause: 'Parties, accounts or subscriptions in the request contradict the rules or each other; nothing was changed.',
    cure: 'Correct every mistake listed in the message and send it again.',
    http: 422,
    ...refused,
  },
  REGISTRY_IDENTIFIER_TAKEN: {
    cause:
      'A number, trunk, login, code or meter would belong to two subscriptions at the same time; nothing was changed.',
    cure: 'End the other assignment (its `to`) or start this one later (its `from`).',
    http: 409,
    ...refused,
  },
  REGISTRY_IMPORT_INVALID: {
    cause: 'The import file has mistakes; nothing was changed.',
    cure: 'Correct the lines listed in the message and import the file again.',
    http: 422,
    ...refused,
  },
  REGISTRY_BEHIND: {
    cause: 'A change is in the log, but the registry database could not store it.',
    cure: 'It is tried again with the next change. When that is refused too, look at the free space of the database and start Tollgrid again. No change is lost.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  REGISTRY_UNAVAILABLE: {
    cause: 'The registry database could not be opened, or its server does not answer.',
    cure: 'Inside: check that the data directory is writable and has free space; the folder `registry` in it may be deleted at any time. On a server: check `registry` in the configuration and that PostgreSQL runs; Tollgrid connects again by itself.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  REGISTRY_IN_USE: {
    cause: 'Another Tollgrid uses the registry database: a database serves one.',
    cure: 'Give each its own database. When the other one is gone for certain and the server has not noticed, end its session, named in the message: `select pg_terminate_backend(...)`.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  REGISTRY_FOREIGN: {
    cause:
      'The registry database was last used with another data directory, or with a copy of this one: it follows another log.',
    cure: 'Check `registry.url`. When this installation is to have the database (after a restore, say), empty it (`drop owned by` its user, or create it anew): it is made again from the log.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
} satisfies Record<string, ErrorEntry>;
