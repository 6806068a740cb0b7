/** A line of the tables beside this file: what, file, test, what it shows, and what is written instead. */
export type Row = [what: string, file: string, test: string, shows: string | readonly string[], instead?: unknown];
