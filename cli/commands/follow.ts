import { readFileSync } from 'node:fs';
import { HttpSource } from '../http-source.ts';
import { show } from '../answers.ts';
import { readable } from '../client.ts';
import type { CommandSpec, Context } from '../command.ts';
import { whole } from '../table.ts';
import { systemClock } from '../../platform/clock.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { FollowerReport } from '../../server/index.ts';

interface Options {
  from: string;
  into: string;
  name: string;
  keyFile?: string;
  once?: boolean;
}

const TELL_EVERY_MS = 10_000;

export const follow: CommandSpec<Options> = {
  usage: 'follow',
  summary: 'On another machine: keep a second copy of a running Tollgrid up, fetched over HTTP',
  options: [
    { flags: '--from <url>', text: 'Where its API answers', required: true },
    { flags: '--into <folder>', text: 'Folder of the copy, made when there is none', required: true },
    { flags: '--name <name>', text: 'What the original calls this copy', default: 'follower' },
    { flags: '--key-file <file>', text: 'File with an API key that has the scope copies:read' },
    { flags: '--once', text: 'End when everything is copied that is there now' },
  ],
  examples: ['tollgrid follow --from https://toll.example --into /var/lib/tollgrid-copy --name east --key-file key'],
  run: async (context, _args, { from, into, name, keyFile, once }) => {
    if (!URL.canParse(from) || !/^https?:$/.test(new URL(from).protocol)) {
      throw new TollgridError('ARGUMENTS_INVALID', `"${from}" is no http or https address`);
    }
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name) || name === 'directory') {
      throw new TollgridError('ARGUMENTS_INVALID', `"${name}" is no name: small letters, digits and hyphens`);
    }
    const key = keyFile === undefined ? null : readable(keyFile, () => readFileSync(keyFile, 'utf8').trim());
    const { hostname, protocol } = new URL(from);
    if (protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(hostname)) {
      context.io.note('http:// carries customers, calls and the key in clear: use https, or a tunnel.');
    }
    const { Follower } = await import('../../server/index.ts');
    const reports: FollowerReport[] = [];
    const tell = teller(context);
    const follower = new Follower({
      source: new HttpSource(from, name, key),
      to: into,
      clock: systemClock,
      report: (report) => tell((reports[0] = report)),
    });
    const stop = (): void => follower.stop();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    if (once === true) follower.drain();
    await follower.run();
    const report = reports[0];
    if (report === undefined) return;
    if (report.failure !== null) throw new TollgridError(report.failure.code, report.failure.message);
    show(context, report, () => [line(report)]);
  },
};

function line({ entryNo, headNo, bytes }: FollowerReport): string {
  const left = Math.max(0, headNo - entryNo);
  return `Copied up to entry ${whole(entryNo)}, ${whole(left)} to go; ${whole(bytes)} bytes since the start.`;
}

/** Now and then, and whenever it begins or ceases to fail. */
function teller({ io }: Context): (report: FollowerReport) => void {
  let toldAt = -Infinity;
  let failed: string | null = null;
  return (report) => {
    const failure = report.failure && `${report.failure.code}: ${report.failure.message}`;
    if (failure === failed && performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    failed = failure;
    io.note(failure ?? line(report));
  };
}
