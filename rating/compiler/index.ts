export { compileParts, compileTariff, type CompiledTariff, type Money } from './compile.ts';
export { partsOf, partsOfPrepared, tableBytes, type TariffParts } from './tariff-parts.ts';
export { buildPrefixTrie, findPrefix, listedPrefix, PrefixBatch, type PrefixTrie } from './prefix-trie.ts';
export { dayRow, type BandTable } from './band-table.ts';
export { compileCondition, isIncoming, otherField, type Asked } from './conditions.ts';
export { safeNumber, type PriceTable, type SeriesTable } from './price-table.ts';
