/** The `tollgrid` command: commander's definition made from the table of commands, and how a call of it ends. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { toTollgridError, TollgridError } from '../platform/errors.ts';
import { projectRoot } from '../platform/paths.ts';
import type { AnyCommand, CommandGroup, ExitCode, OptionSpec } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { makeContext } from './context.ts';
import { errorLines, processIo, type Io } from './io.ts';

const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** Lines of the example in a command's help. */
export function examplesOf(command: Command): readonly string[] {
  return EXAMPLES.get(command) ?? [];
}

interface Outcome {
  exitCode: ExitCode;
}

export function buildProgram(io: Io = processIo, outcome: Outcome = { exitCode: 0 }): Command {
  const program = new Command('tollgrid');
  program
    .description('Usage mediation and real-time rating for telecoms and utilities')
    .version(version(), '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help of a command')
    .enablePositionalOptions()
    .showSuggestionAfterError();
  for (const entry of COMMANDS) {
    if ('commands' in entry) addGroup(program, entry, io, outcome);
    else addCommand(program, entry, io, outcome);
  }
  withHouseManners(program, io);
  return program;
}

/** Runs one command line (without node and script) and returns its exit code. Never throws. */
export async function runCommandLine(args: readonly string[], io: Io = processIo): Promise<number> {
  const outcome: Outcome = { exitCode: 0 };
  try {
    await buildProgram(io, outcome).parseAsync(args, { from: 'user' });
    return outcome.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? wrongCall(thrown) : toTollgridError(thrown);
    for (const line of errorLines(error, args.includes('--json'))) io.note(line);
    if (error.code === 'INTERNAL' && error.cause instanceof Error) io.note(error.cause.stack ?? '');
    return error.exitCode;
  }
}

function wrongCall(error: CommanderError): TollgridError {
  // Commander shows the help of a group that was called without a sub-command: that is the message.
  const message = error.code === 'commander.help' ? 'a sub-command is missing' : error.message.replace(/^error: /, '');
  return new TollgridError('ARGUMENTS_INVALID', message.replace(/\s*\n\s*/g, ' '));
}

function version(): string {
  const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

function addGroup(parent: Command, group: CommandGroup, io: Io, outcome: Outcome): void {
  // Options behind the name of a sub-command are that one's; the program itself has to say so as well.
  const command = (group.own === undefined ? parent.command(group.name) : addCommand(parent, group.own, io, outcome))
    .description(group.summary)
    .helpCommand(false)
    .enablePositionalOptions();
  for (const spec of group.commands) addCommand(command, spec, io, outcome);
}

function addCommand(parent: Command, spec: AnyCommand, io: Io, outcome: Outcome): Command {
  const [name, ...args] = spec.usage.split(' ');
  const command = parent.command(name).description(spec.summary);
  for (const arg of args) command.argument(arg, spec.args?.[arg.replace(/[[\]<>.]/g, '')] ?? '');
  for (const option of spec.options ?? []) command.addOption(toOption(option));
  if (spec.configured) {
    command.option('-c, --config <file>', 'Configuration file (default: ./tollgrid.yaml, otherwise the sample town)');
  }
  command.option('--json', 'Print the result as JSON');
  EXAMPLES.set(command, spec.examples);
  command.addHelpText('after', `\nExample:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`);
  command.action(async (...called: unknown[]) => {
    const options = command.opts<{ json?: boolean; config?: string }>();
    const given = called
      .slice(0, args.length)
      .flat()
      .filter((arg) => arg !== undefined) as string[];
    const context = makeContext(io, options);
    outcome.exitCode = (await spec.run(context, given, options)) ?? 0;
  });
  return command;
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.text).makeOptionMandatory(spec.required ?? false);
  if (spec.default !== undefined) option.default(spec.parse ? spec.parse(spec.default) : spec.default, spec.default);
  if (spec.choices) option.choices(spec.choices);
  if (spec.parse) option.argParser(spec.parse);
  return option;
}

/** Commander throws instead of ending the process, and says nothing itself about mistakes. */
function withHouseManners(command: Command, io: Io): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => io.out(text.trimEnd()),
    writeErr: (text) => io.note(text.trimEnd()),
    outputError: () => {},
  });
  for (const child of command.commands) withHouseManners(child, io);
}
