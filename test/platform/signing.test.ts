import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isSigned, retiredPublicKey, SigningKey } from '../../platform/signing.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a signing key', () => {
  it('is made once, readable by its owner only, and read again', async () => {
    const made = await SigningKey.open(path.join(folder, 'keys'), 'statements');
    const read = await SigningKey.open(path.join(folder, 'keys'), 'statements');
    expect(read.publicKey).toEqual(made.publicKey);
    expect(statSync(path.join(folder, 'keys', 'statements.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(folder, 'keys', 'statements.pub'), 'utf8')).toBe(made.publicKey.pem);
    expect(made.publicKey.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('that was lost leaves its public key, so that what it signed can still be checked', async () => {
    const keys = path.join(folder, 'restored');
    const lost = await SigningKey.open(keys, 'statements');
    const signature = lost.sign('before');
    rmSync(path.join(keys, 'statements.key'));
    const next = await SigningKey.open(keys, 'statements');
    expect(next.publicKey.id).not.toBe(lost.publicKey.id);
    const retired = await retiredPublicKey(keys, 'statements', lost.publicKey.id);
    expect(isSigned('before', signature, retired!)).toBe(true);
    expect(await retiredPublicKey(keys, 'statements', next.publicKey.id)).toBe(null);
    expect(await retiredPublicKey(keys, 'statements', '../statements')).toBe(null);
  });

  it('signs what only its own public key confirms, and only unchanged', async () => {
    const key = await SigningKey.open(path.join(folder, 'keys'), 'statements');
    const other = await SigningKey.open(path.join(folder, 'keys'), 'other');
    const signature = key.sign('what was said');
    expect(isSigned('what was said', signature, key.publicKey.pem)).toBe(true);
    expect(isSigned('what was saId', signature, key.publicKey.pem)).toBe(false);
    expect(isSigned('what was said', signature, other.publicKey.pem)).toBe(false);
    expect(isSigned('what was said', 'nonsense', key.publicKey.pem)).toBe(false);
    expect(isSigned('what was said', signature, 'no key')).toBe(false);
  });
});
