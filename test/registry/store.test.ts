import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../registry/index.ts';
import { account, describeRegistry, messageOf, party, pictureOf, subscription, TestLog } from './conformance.ts';

describeRegistry('inside', openRegistry);

describe('the registry in the data directory', () => {
  let dataDir: string;
  let registry: Registry;
  const log = new TestLog();
  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'registry-'));
    registry = await openRegistry({ dataDir, bootId: 'one' });
  });
  afterAll(async () => {
    await registry.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is the same after a rebuild from the log, opens without one after an orderly end, and only then', async () => {
    await registry.change([party, account], log.append);
    await registry.change([subscription('S-1', '380440000001')], log.append);
    await registry.change([subscription('S-1', '380440000002')], log.append);
    const before = await pictureOf(registry);
    await registry.close();

    registry = await openRegistry({ dataDir, bootId: 'one' });
    expect(registry.rebuilt).toBe(false);
    expect(registry.applied()).toBe(log.lastNo);
    expect(await pictureOf(registry)).toEqual(before);

    // The mark is gone while it is open: a crash now, or a start of the machine after an orderly end, is not trusted.
    await registry.close();
    registry = await openRegistry({ dataDir, bootId: 'two' });
    expect(registry.rebuilt).toBe(true);
    expect(registry.applied()).toBe(0);
    await registry.roll(log.entries.slice(0, 2));
    expect(registry.applied()).toBe(log.entries[1].entryNo);
    await registry.roll(log.entries);
    expect(await pictureOf(registry)).toEqual(before);
  });

  it('asks for a new start when the log has a change that the database cannot store', async () => {
    const lost = registry.change([{ ...party, name: 'Olena Melnyk' }], async () => 1e300);
    expect(await messageOf(lost)).toContain('REGISTRY_BEHIND');
    expect(await messageOf(registry.change([party], log.append))).toContain('REGISTRY_BEHIND');
    await registry.close();
    registry = await openRegistry({ dataDir, bootId: 'two' });
    expect(registry.rebuilt).toBe(true);
  });
});
