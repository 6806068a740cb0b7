/** What can identify the charged side of a record. The order is part of the look-up's format. */
export const IDENTIFIER_KINDS = ['number', 'numberRange', 'trunk', 'accountCode', 'login', 'meter'] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];
