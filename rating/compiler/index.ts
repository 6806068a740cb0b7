export { compileTariff, type CompiledTariff, type Money } from './compile.ts';
export { buildPrefixTrie, findPrefix, type PrefixTrie } from './prefix-trie.ts';
export { dayKind, type BandTable } from './band-table.ts';
export type { PriceTable } from './price-table.ts';
