/** An Ed25519 key pair in two files, made when it is first needed, and what is signed with it. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory } from './durable-file.ts';

export interface PublicKey {
  /** First 16 bytes of the SHA-256 of the key (SPKI, DER), hexadecimal. */
  id: string;
  pem: string;
}

export class SigningKey {
  readonly publicKey: PublicKey;
  private readonly key: KeyObject;

  private constructor(key: KeyObject) {
    this.key = key;
    this.publicKey = publicKeyOf(createPublicKey(key));
  }

  /** Reads `<dir>/<name>.key`, or makes the pair: the key readable by its owner only, the public one in `<name>.pub`. */
  static async open(dir: string, name: string): Promise<SigningKey> {
    const file = path.join(dir, `${name}.key`);
    const existing = await readPem(file);
    if (existing !== null) return new SigningKey(createPrivateKey(existing));
    const { privateKey } = generateKeyPairSync('ed25519');
    const made = new SigningKey(privateKey);
    await makeDirectory(dir);
    await retirePublicKey(dir, name);
    // The public one first: a stop in between leaves no key that nobody could check.
    await writeNew(path.join(dir, `${name}.pub`), made.publicKey.pem, 'w');
    await writeNew(file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'wx');
    await syncDirectory(dir);
    return made;
  }

  /** Base64. */
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.key).toString('base64');
  }
}

/**
 * The private key was lost (a copy that leaves secrets out was restored): what was signed with it can still be checked.
 */
async function retirePublicKey(dir: string, name: string): Promise<void> {
  const pem = await readPem(path.join(dir, `${name}.pub`));
  if (pem === null) return;
  await writeNew(retiredPath(dir, name, publicKeyOf(createPublicKey(pem)).id), pem, 'w');
}

/** Public key of a pair that was here before the present one; null when there was none of that id. */
export async function retiredPublicKey(dir: string, name: string, id: string): Promise<string | null> {
  return /^[0-9a-f]{32}$/.test(id) ? readPem(retiredPath(dir, name, id)) : null;
}

function retiredPath(dir: string, name: string, id: string): string {
  return path.join(dir, `${name}-${id}.pub`);
}

async function readPem(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
}

/** False also for a key that is none. */
export function isSigned(text: string, signature: string, publicKeyPem: string): boolean {
  try {
    return verify(null, Buffer.from(text), createPublicKey(publicKeyPem), Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function publicKeyOf(key: KeyObject): PublicKey {
  const der = key.export({ type: 'spki', format: 'der' });
  return {
    id: createHash('sha256').update(der).digest('hex').slice(0, 32),
    pem: key.export({ type: 'spki', format: 'pem' }) as string,
  };
}

async function writeNew(file: string, content: string, flags: 'w' | 'wx'): Promise<void> {
  const handle = await open(file, flags, 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
