import type { ErrorEntry } from '../errors.ts';

const counter = '(none: the exit code tells)';

export const commandErrors = {
  ARGUMENTS_INVALID: {
    cause: 'A command was called with an argument or option it does not take, or without one it needs.',
    cure: 'Look at `tollgrid <command> --help`; it shows an example.',
    counter,
    http: 400,
    exit: 2,
  },
  FILE_UNREADABLE: {
    cause: 'A file or folder named in a command cannot be read.',
    cure: 'Check the path and who may read it.',
    counter,
    http: 400,
    exit: 2,
  },
  PORT_TAKEN: {
    cause: 'Another program listens on the address that Tollgrid was to listen on, or it may not be used.',
    cure: 'Stop that program, or set another `server.port` (or TOLLGRID_SERVER_PORT; 0 takes a free one). EADDRNOTAVAIL: `server.host` is no address of this machine. EACCES: the port is kept for the administrator.',
    counter,
    http: 503,
    exit: 3,
  },
  FRONT_UNREACHABLE: {
    cause: 'A Tollgrid process holds the data directory, but its API does not answer.',
    cure: 'It may be starting or ending: try again in a few seconds; `tollgrid status` shows it. Otherwise stop that process.',
    counter,
    http: 503,
    exit: 3,
  },
  WAIT_TIMED_OUT: {
    cause: 'The work was accepted and is in the log, but was not finished within the time the command waits.',
    cure: 'Nothing is lost: `tollgrid status` shows how far it is; call the command again with a longer --timeout.',
    counter,
    http: 503,
    exit: 3,
  },
} satisfies Record<string, ErrorEntry>;
