import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOrMakeSecretFile, readSecret, readSecretFile } from '../../platform/secret-file.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-secret-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('a secret file', () => {
  it('is read without its last line end, and never empty', () => {
    const file = path.join(folder, 'given');
    fs.writeFileSync(file, 'a b\r\n');
    expect(readSecretFile(file).toString()).toBe('a b');
    fs.writeFileSync(file, '\n');
    expect(() => readSecretFile(file)).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }));
  });

  it('may be a variable of the environment instead, never an empty one', () => {
    const env = { BRAS: 'from the environment', EMPTY: '' };
    expect(readSecret(undefined, 'BRAS', env)!.toString()).toBe('from the environment');
    expect(readSecret(undefined, undefined, env)).toBeUndefined();
    for (const unset of ['EMPTY', 'OTHER']) {
      expect(() => readSecret(undefined, unset, env)).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }));
    }
  });

  it('is made once where there is none: random, for its owner only, and nothing is left beside it', () => {
    const [one, other] = ['a', 'b'].map((name) => path.join(folder, 'made', name));
    const secret = readOrMakeSecretFile(one!).toString();
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(readOrMakeSecretFile(one!).toString()).toBe(secret);
    expect(readOrMakeSecretFile(other!).toString()).not.toBe(secret);
    expect(fs.statSync(one!).mode & 0o077).toBe(0);
    expect(fs.readdirSync(path.dirname(one!))).toEqual(['a', 'b']);
  });
});
