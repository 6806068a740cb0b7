import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rateBytes, tariffChooser } from '../../cli/rate-file.ts';
import { compileFormat, prepareFormat } from '../../mediation/formats/index.ts';
import { projectRoot } from '../../platform/paths.ts';
import { compileText } from '../rating/support/tariffs.ts';
import { TariffBook } from '../../rating/index.ts';

const read = (name: string): string => fs.readFileSync(path.join(projectRoot, name), 'utf8');

function packet(status: string, seconds: number, down: number): string {
  const lines = [
    `Acct-Status-Type = ${status}`,
    'Acct-Session-Id = "s-1"',
    'User-Name = "ivan@town"',
    'NAS-Identifier = "bras-1"',
    `Acct-Session-Time = ${seconds}`,
    'Acct-Input-Octets = 0',
    `Acct-Output-Octets = ${down}`,
    `Timestamp = ${1_792_040_400 + seconds}`,
  ];
  return `Thu Oct 15 08:00:00 2026\n${lines.map((line) => `\t${line}\n`).join('')}\n`;
}

describe('a file with packets of a session, rated without a server', () => {
  it('costs what the session costs, and repetitions nothing', () => {
    const format = compileFormat(prepareFormat(read('formats/radius-detail.yaml')));
    const book = TariffBook.build([compileText(read('examples/town/tariffs/adsl-volume.yaml'))]);
    const file = [
      packet('Interim-Update', 600, 10_600_000),
      packet('Interim-Update', 600, 10_600_000),
      packet('Interim-Update', 300, 5_000_000),
      packet('Stop', 900, 20_500_000),
    ].join('');
    const rated = [...rateBytes(Buffer.from(file), format, book, tariffChooser(book, undefined))];
    expect(rated.map(({ disposition, usage, charge }) => [disposition, usage?.quantity, charge?.amount])).toEqual([
      ['rated', 10_600_000, '2.40'],
      ['duplicate', undefined, undefined],
      ['absorbed', undefined, undefined],
      ['rated', 9_900_000, '2.40'],
    ]);
  });
});
