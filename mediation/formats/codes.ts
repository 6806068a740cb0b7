/** The decoders' error codes as numbers for the `code` column. */
import { errorNo } from '../../platform/errors.ts';

export const FAULT = {
  columns: errorNo('DECODE_COLUMNS'),
  quote: errorNo('DECODE_QUOTE'),
  tooLong: errorNo('DECODE_TOO_LONG'),
  nul: errorNo('DECODE_NUL'),
  encoding: errorNo('DECODE_ENCODING'),
  required: errorNo('DECODE_REQUIRED'),
  number: errorNo('DECODE_NUMBER'),
  date: errorNo('DECODE_DATE'),
  range: errorNo('DECODE_RANGE'),
  span: errorNo('DECODE_SPAN'),
  value: errorNo('DECODE_VALUE'),
  recordType: errorNo('DECODE_RECORD_TYPE'),
  class: errorNo('DECODE_CLASS'),
  json: errorNo('DECODE_JSON'),
  attribute: errorNo('DECODE_ATTRIBUTE'),
  frame: errorNo('DECODE_FRAME'),
  piece: errorNo('DECODE_PIECE'),
  later: errorNo('DECODE_LATER'),
  room: errorNo('DECODE_ROOM'),
} as const;
