/** Plain aligned columns: no boxes and no colours, so that `grep` and `awk` work on them. */

export interface Column<Row> {
  head: string;
  value(row: Row): string | number;
  /** Figures stand right. */
  align?: 'left' | 'right';
}

/** Lines of a table: the heads, then one line per row; nothing for no rows. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const cells = [
    columns.map((column) => column.head),
    ...rows.map((row) => columns.map((column) => printable(String(column.value(row))))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => [...line[index]].length)));
  return cells.map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index], columns[index].align ?? 'left'))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - [...cell].length));
  return align === 'right' ? space + cell : cell + space;
}

/** What comes from outside must not move the cursor or break the line. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '·');
}

/** `1234567` as `1 234 567`: whole numbers, also as strings of any length. */
export function whole(value: number | string | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A decimal string with at least two decimals and without further zeros at the end, grouped: `1 234.50`. */
export function money(value: string): string {
  const [units, fraction = ''] = value.split('.');
  return `${whole(units)}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`;
}
