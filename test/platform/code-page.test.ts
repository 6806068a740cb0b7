import { describe, expect, it } from 'vitest';
import { codePage } from '../../platform/code-page.ts';

describe('a code page', () => {
  it('has 256 characters, ASCII first, in each encoding', () => {
    for (const encoding of ['ibm866', 'windows-1251', 'koi8-u', 'koi8-r', 'CP866', 'cp1251']) {
      const page = codePage(encoding);
      expect(page.length).toBe(256);
      for (let byte = 0; byte < 128; byte++) expect(page.charCodeAt(byte)).toBe(byte);
    }
  });

  it('puts Cyrillic letters where the standards have them', () => {
    expect(codePage('ibm866')[0x80]).toBe('А');
    expect(codePage('ibm866')[0xe0]).toBe('р');
    expect(codePage('ibm866')[0xf4]).toBe('Ї');
    expect(codePage('windows-1251')[0xc0]).toBe('А');
    expect(codePage('windows-1251')[0xb3]).toBe('і');
    expect(codePage('koi8-u')[0xe1]).toBe('А');
    expect(codePage('koi8-u')[0xa7]).toBe('ї');
  });

  it('is refused for encodings that are not known to be right', () => {
    for (const encoding of ['windows-1252', 'utf-8', 'nonsense']) {
      expect(() => codePage(encoding)).toThrow(expect.objectContaining({ code: 'ENCODING_UNKNOWN' }));
    }
  });
});
