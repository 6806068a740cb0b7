/** Packed files are told by their name: `x.csv.gz`, `x.zip`. */
export type Packing = 'gz' | 'zip';

export function packingOf(name: string): Packing | null {
  const ending = /\.(gz|zip)$/i.exec(name)?.[1].toLowerCase();
  return ending === undefined ? null : (ending as Packing);
}

/** Of a gz file, which holds one file: its own name without the ending. */
export function unpackedName(name: string): string {
  return name.replace(/\.gz$/i, '');
}
