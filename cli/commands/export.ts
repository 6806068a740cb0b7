import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { show, untilProcessed } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { timeoutOption } from '../options.ts';
import { whole } from '../table.ts';
import type { Status } from '../../schemas/api/operation.ts';

export const exportCommand: CommandSpec<{ output?: string; timeout: number }> = {
  usage: 'export',
  summary: 'Write the canonical export of all charges, and its SHA-256',
  configured: true,
  options: [
    { flags: '-o, --output <file>', text: 'Where to write it (default: only the SHA-256 is computed)' },
    timeoutOption,
  ],
  examples: ['tollgrid export', 'tollgrid export --output charges.tsv'],
  run: async (context, _args, { output, timeout }) => {
    const hash = createHash('sha256');
    let bytes = 0;
    let rows = 0;
    await context.withApi(async (api) => {
      // Of a ledger that is being computed, after a restore for example, an export would say nothing.
      const { logHead }: Status = await api.get('/v1/status');
      if (logHead > 0) await untilProcessed(api, logHead, timeout * 1000);
      const source = await api.stream('/v1/export');
      const measured = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of source) {
          hash.update(chunk);
          bytes += chunk.length;
          for (const byte of chunk) if (byte === 10) rows++;
          yield chunk;
        }
      };
      if (output === undefined) for await (const _ of measured());
      else await pipeline(measured(), createWriteStream(output));
    });
    const result = { sha256: hash.digest('hex'), bytes, lines: rows, ...(output === undefined ? {} : { output }) };
    show(context, result, () => [
      `${result.sha256}  ${output ?? '(not written)'}`,
      `${whole(rows)} lines, ${whole(bytes)} bytes`,
    ]);
  },
};
