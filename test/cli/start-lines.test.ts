import { describe, it, expect } from 'vitest';
import type { Api } from '../../cli/client.ts';
import {
  closingLines,
  noticeLines,
  outcomeLines,
  publishedLines,
  readableQuantity,
  suspendedLines,
} from '../../cli/start-lines.ts';

/** An API that answers every list with these items. */
function lists(...items: unknown[]): Api {
  return { url: 'http://127.0.0.1:8400', get: () => Promise.resolve({ items, next: null }) } as unknown as Api;
}

describe('what start tells', () => {
  it('says what the start did not do, and what to do about it', () => {
    expect(noticeLines([{ code: 'TARIFF_PUBLISHED', message: 'a.yaml differs.', cure: 'Correct it.' }])).toEqual([
      'TARIFF_PUBLISHED: a.yaml differs.',
      '  Correct it.',
    ]);
  });

  it('names what was published since it began, by kind', async () => {
    const publication = (kind: string, name: string, effective: string | null, publishedAt: string) => {
      return { kind, name, effective, publishedAt };
    };
    const api = lists(
      publication('tariff', 'water', '2026-01-01', '2026-10-15T10:00:00Z'),
      publication('tariff', 'phone', '2026-02-01', '2026-10-15T10:00:01Z'),
      publication('format', 'old', null, '2026-10-14T10:00:00Z'),
    );
    expect(await publishedLines(api, Date.parse('2026-10-15T00:00:00Z'))).toEqual([
      'Published tariff: phone@2026-02-01, water@2026-01-01',
    ]);
  });

  it('shows charges by service in units people read', () => {
    const line = {
      view: 'retail',
      service: 'voice',
      kind: 'record' as const,
      unit: 'ms',
      records: 1234,
      quantity: 90_000,
    };
    const lines = outcomeLines([{ ...line, billed: 120_000, currency: 'UAH', amount: '1234.5', tax: '205.75' }]);
    expect(lines).toEqual([
      'Charges by service',
      '  view    service  kind    charges  quantity        amount  of which tax',
      '  retail  voice    record    1 234  1.50 min  1 234.50 UAH        205.75',
      '',
    ]);
  });

  it.each([
    [5_000_000, 'bytes', '5.00 MB'],
    [1234, 'Wh', '1.23 kWh'],
    [2500, 'litres', '2.50 m3'],
    [7, 'events', '7 events'],
  ])('reads %d %s as %s', (quantity, unit, text) => {
    expect(readableQuantity(quantity, unit)).toBe(text);
  });

  it('counts what waits by its code, with what to do', async () => {
    const api = lists({ code: 'A', hint: 'Do a.' }, { code: 'B', hint: 'Do b.' }, { code: 'B', hint: 'Do b.' });
    expect(await suspendedLines(api)).toEqual([
      'In suspense',
      '  records  code  what to do',
      '        2  B     Do b.',
      '        1  A     Do a.',
      '',
    ]);
    expect(await suspendedLines(lists())).toEqual([]);
  });

  it('leads on to a charge that exists', async () => {
    const lines = await closingLines(lists({ id: '3.4.0', account: 'A-1' }));
    expect(lines).toContain('  npx tollgrid explain 3.4.0');
    expect(lines).toContain('  http://127.0.0.1:8400/docs (the API, to try it)');
    expect((await closingLines(lists())).join('\n')).not.toContain('explain');
  });
});
