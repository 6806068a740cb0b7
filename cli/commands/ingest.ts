import path from 'node:path';
import { show, untilProcessed } from '../answers.ts';
import { recordsBlock, totalOf } from '../audit-lines.ts';
import type { CommandSpec } from '../command.ts';
import { timeoutOption } from '../options.ts';
import { startProgress } from '../progress.ts';
import { whole } from '../table.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { FileAnswer } from '../../schemas/api/operation.ts';

interface Options {
  source: string;
  format?: string;
  timeout: number;
}

export const ingest: CommandSpec<Options> = {
  usage: 'ingest <file...>',
  summary: 'Take files as usage of a source and wait until they are in the ledger',
  args: { file: 'Files, in the order in which they shall be taken' },
  configured: true,
  options: [
    { flags: '-s, --source <name>', text: 'Source that the files come from', required: true },
    { flags: '-f, --format <name>', text: 'Format, when it is not the one of the source' },
    timeoutOption,
  ],
  examples: ['tollgrid ingest calls.csv --source exchange'],
  run: async (context, files, { source, format, timeout }) => {
    const answers = await context.withApi(async (api) => {
      const taken: TakenFile[] = [];
      for (const file of files) {
        const name = path.basename(file);
        const route = `/v1/files/${encodeURIComponent(source)}/${encodeURIComponent(name)}`;
        const { members, ...answer } = await api.putFile<FileAnswer>(route, file, { format });
        // Of a packed file: what is in it.
        taken.push(...(members ?? [answer]).map((one) => ({ name, ...one })));
      }
      const progress = startProgress(context.io, 'log entries');
      const first = Math.min(...taken.map((file) => file.fileEntry));
      const last = Math.max(...taken.map((file) => file.lastEntry));
      await untilProcessed(api, last, timeout * 1000, ({ processedEntry }) =>
        progress.update(Math.max(0, processedEntry - first), last - first),
      ).finally(() => progress.end());
      return { taken, audit: await api.get<AuditReport>('/v1/audit', { wait: false }) };
    });
    const entries = new Set(answers.taken.map((file) => file.fileEntry));
    const records = answers.audit.records.filter((row) => row.file !== null && entries.has(row.file.entry));
    show(context, { files: answers.taken, records }, () => [
      ...answers.taken.map(
        (file) =>
          `${file.name}: ${whole(file.sizeBytes)} bytes, entry ${file.fileEntry}` +
          (file.duplicateOf === undefined ? '' : `, the same bytes as entry ${file.duplicateOf}`),
      ),
      ...answers.taken.flatMap(heldLines),
      ...recordsBlock({ ...answers.audit, records, total: totalOf(records) }),
    ]);
    return answers.taken.some((file) => file.held !== undefined) ? 1 : 0;
  },
};

type TakenFile = Omit<FileAnswer, 'members'> & { name: string };

function heldLines({ name, fileEntry, held }: TakenFile): string[] {
  if (held === undefined) return [];
  return [
    `HELD: ${name}: ${held.detail} (${held.code}). Nothing of it was admitted.`,
    `  Have it sent again under the same name; or: tollgrid files release ${fileEntry}, tollgrid files reject ${fileEntry} --reason TEXT`,
  ];
}
