import { parse } from 'yaml';
import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { readDocuments } from '../documents.ts';
import type { TariffFile } from '../../schemas/tariff.ts';

/** Error: TARIFF_INVALID, for what cannot be read cannot be explained. */
export const tariffExplain: CommandSpec = {
  usage: 'explain <file...>',
  summary: 'Say in words what tariff files mean',
  args: { file: 'Tariff files, or folders of them' },
  examples: ['tollgrid tariff explain examples/tariffs/ua-electricity-cliff.yaml'],
  run: async (context, names) => {
    const { prepareTariff, tariffWords } = await import('../../rating/index.ts');
    const results = readDocuments(names).map(({ file, text, readSideFile }) => {
      prepareTariff(text, readSideFile, file);
      // Digits stay as they are written: 0.10 is not 0.1.
      const document = parse(text, { schema: 'failsafe' }) as TariffFile;
      const tax = { ...document.tax, included: String(document.tax.included) === 'true' };
      return { file, words: tariffWords({ ...document, tax }) };
    });
    show(context, results, () => results.flatMap(({ words }, index) => (index === 0 ? words : ['', ...words])));
  },
};
