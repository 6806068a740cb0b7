// The image of an empty registry database beside the compiled registry: a first start need not compute one.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openRegistry } from '../../dist/registry/index.js';
import { root } from './prepare.mjs';

const image = path.join(root, 'dist', 'registry', 'empty.image');
const dataDir = mkdtempSync(path.join(tmpdir(), 'tollgrid-empty-registry-'));
try {
  rmSync(image, { force: true });
  await (await openRegistry({ dataDir })).close();
  copyFileSync(path.join(dataDir, 'registry.empty'), image);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
