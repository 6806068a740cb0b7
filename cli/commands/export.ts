import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { whole } from '../table.ts';

export const exportCommand: CommandSpec<{ output?: string }> = {
  usage: 'export',
  summary: 'Write the canonical export of all charges, and its SHA-256',
  configured: true,
  options: [{ flags: '-o, --output <file>', text: 'Where to write it (default: only the SHA-256 is computed)' }],
  examples: ['tollgrid export', 'tollgrid export --output charges.tsv'],
  run: async (context, _args, { output }) => {
    const hash = createHash('sha256');
    let bytes = 0;
    let rows = 0;
    await context.withApi(async (api) => {
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
