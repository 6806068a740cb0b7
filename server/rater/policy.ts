/** Policies as they are published: small YAML documents that decide what a record means. */
import { parse } from 'yaml';
import { TollgridError } from '../../platform/errors.ts';
import type { DuplicatePolicy } from '../../schemas/log-entries.ts';

const WINDOW_MONTHS_MAX = 120;

/** Error: POLICY_INVALID. */
export function readPolicy(document: string): DuplicatePolicy {
  const value = parse(document) as Partial<DuplicatePolicy> | null;
  const months = value?.windowMonths;
  if (value?.policy !== 'duplicates' || !Number.isInteger(months) || months! < 1 || months! > WINDOW_MONTHS_MAX) {
    throw new TollgridError(
      'POLICY_INVALID',
      `A policy reads: policy: duplicates, windowMonths: 1 to ${WINDOW_MONTHS_MAX}.`,
    );
  }
  return { policy: 'duplicates', windowMonths: months! };
}

export function duplicatePolicy(windowMonths: number): string {
  return `policy: duplicates\nwindowMonths: ${windowMonths}\n`;
}
