import type { ErrorEntry } from '../errors.ts';

const counter = 'tollgrid_output_up';

export const outputErrors = {
  OUTPUT_UNREACHABLE: {
    cause: 'The other side of an output does not answer, or did not acknowledge what was sent.',
    cure: 'Nothing is lost: what was not acknowledged is sent again. Look at the broker, the topic and the rights of the user.',
    counter,
    http: 503,
    exit: 3,
  },
  OUTPUT_POSITION_DAMAGED: {
    cause: 'The file that says how far an output is cannot be read.',
    cure: 'Restore `outputs/NAME.json` of the data directory, or remove it: the output then begins where its `from` says. It is tried again by itself.',
    counter,
    http: 503,
    exit: 3,
  },
  OUTPUT_POSITION_AHEAD: {
    cause: 'An output has sent more than the log holds: the log was restored from a copy that ends earlier.',
    cure: 'It goes on with the next entry. What the lost entries had posted is at the receiver, and must be taken back there.',
    counter,
    http: 503,
    exit: 1,
  },
} satisfies Record<string, ErrorEntry>;
