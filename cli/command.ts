/** What a command is: a table of facts about it and a function. `program.ts` makes commander's commands from it. */
import type { Api } from './client.ts';
import type { Config } from '../platform/config.ts';
import type { Io } from './io.ts';

/** 0 done, 1 failed or not closed, 2 wrong input or configuration, 3 not available. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface OptionSpec {
  /** As commander writes them: `--account <id>`. */
  flags: string;
  text: string;
  required?: boolean;
  default?: string;
  choices?: readonly string[];
  /** From the text given; throws TollgridError('ARGUMENTS_INVALID'). */
  parse?: (text: string) => unknown;
}

export interface Context {
  readonly io: Io;
  readonly json: boolean;
  /** The configuration of `--config`, or the one found; read once. */
  config(): Promise<Config>;
  /** Works with the running Tollgrid, or with one that runs for as long as `use` does. */
  withApi<T>(use: (api: Api) => Promise<T>): Promise<T>;
}

export interface CommandSpec<Options = Record<string, never>> {
  /** Name and arguments: `rate <file>`. */
  usage: string;
  summary: string;
  /** What each argument is. */
  args?: Record<string, string>;
  options?: readonly OptionSpec[];
  /** Takes `--config`. */
  configured?: boolean;
  examples: readonly [string, ...string[]];
  /** `args`: one string per argument of `usage`; a variadic last one is spread. No answer means 0. */
  run(context: Context, args: readonly string[], options: Options): Promise<ExitCode | void>;
}

export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly AnyCommand[];
  /** What the group does when no command of it is named; its `usage` is the group's name. */
  own?: AnyCommand;
}

// Commands of all options in one list: each reads only the options it declares.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parameters are contravariant
export type AnyCommand = CommandSpec<any>;
