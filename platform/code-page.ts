/** 8-bit code pages as data, taken from this machine when a document is published and never again. */
import { TollgridError } from './errors.ts';

/**
 * Names that the tables are right for. Others are refused rather than trusted: Node 20 decodes `windows-1252`
 * as if it were Latin-1.
 */
const LABELS: Readonly<Record<string, string>> = {
  ibm866: 'ibm866',
  cp866: 'ibm866',
  'windows-1251': 'windows-1251',
  cp1251: 'windows-1251',
  'koi8-u': 'koi8-u',
  'koi8-r': 'koi8-r',
};

/** The 256 characters of an encoding, one for each byte. Error: ENCODING_UNKNOWN. */
export function codePage(encoding: string): string {
  const label = LABELS[encoding.toLowerCase()];
  if (label === undefined) throw new TollgridError('ENCODING_UNKNOWN', `no code page is known for "${encoding}"`);
  const ascii = String.fromCharCode(...Array.from({ length: 128 }, (_, byte) => byte));
  // ICU swaps three control characters of ibm866; in all these encodings the lower half is ASCII.
  return ascii + new TextDecoder(label).decode(Uint8Array.from({ length: 128 }, (_, byte) => 128 + byte));
}
