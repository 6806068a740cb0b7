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
    cure: 'Start Tollgrid again: the registry is made anew from the log. No change is lost.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  REGISTRY_UNAVAILABLE: {
    cause: 'The registry database could not be opened.',
    cure: 'Check that the data directory is writable and has free space; the folder `registry` in it may be deleted at any time.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
} satisfies Record<string, ErrorEntry>;
