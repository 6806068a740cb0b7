import type { CommandSpec } from '../command.ts';
import type { RateOptions } from '../rate-report.ts';

export const rate: CommandSpec<RateOptions> = {
  usage: 'rate <file>',
  summary: "Price a file's records without a server or a registry, and show each step; exits 1 when one has no price",
  args: { file: 'File of records' },
  options: [
    { flags: '-f, --format <name>', text: 'Name of a shipped format, or a format file', required: true },
    { flags: '--tariffs <folder>', text: 'Folder of tariff files, or one of them', required: true },
    { flags: '--tariff <name>', text: 'Tariff to use, when several are for the same service' },
    { flags: '--direction <out|in>', text: 'Whether the customer called or was called', choices: ['out', 'in'] },
    { flags: '--attributes <name=value,...>', text: 'Attributes of the customer that rules may ask for' },
  ],
  examples: [
    'tollgrid rate examples/town/inbox/hotel-pbx/cdr-20261015.csv --format freeswitch-csv --tariffs examples/town/tariffs --tariff phone-business',
  ],
  run: async ({ io, json }, [file], options) => {
    const { rateAndReport } = await import('../rate-report.ts');
    const { unpriced } = rateAndReport(io, json, file, options);
    return unpriced === 0 ? 0 : 1;
  },
};
