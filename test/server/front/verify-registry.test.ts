import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../platform/paths.ts';
import { openRegistry, readRegistryFile, type Registry, type RegistryChange } from '../../../registry/index.ts';
import { readFileSync } from 'node:fs';
import { verifyRegistry } from '../../../server/front/verify-registry.ts';

let folder: string;
let registry: Registry;
const log: RegistryChange[][] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
  registry = await openRegistry({ dataDir: folder });
  const file = path.join(projectRoot, 'examples', 'town', 'registry.yaml');
  const inputs = await readRegistryFile(readFileSync(file, 'utf8'), file);
  await registry.change(inputs, async (changes) => log.push(changes));
  // Some objects changed once more: the last image counts.
  const [{ input }] = inputs.filter(({ input: one }) => one.kind === 'party');
  await registry.change([{ ...input, name: 'Renamed' } as typeof input], async (changes) => log.push(changes));
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const found = (logged: readonly RegistryChange[][] = log) =>
  verifyRegistry({
    applied: registry.applied(),
    lastEntry: log.length,
    logged: async function* () {
      yield* logged;
    },
    images: () => registry.queries.images(),
  });

describe('the registry against the log', () => {
  it('is as the log says, object by object', async () => {
    const checks = await found();
    expect(checks.map(({ ok }) => ok)).toEqual([true, true]);
    expect(checks[1].detail).toBe(`${new Set(log.flat().map(({ kind, id }) => `${kind} ${id}`)).size} objects`);
  });

  it('is found to have an object too many or too few, by name', async () => {
    const [first, ...others] = log.flat();
    const rest = others.filter(({ kind, id }) => kind !== first.kind || id !== first.id);
    expect((await found([rest]))[1].detail).toBe(`${first.kind} ${first.id} is not in the log`);
    const unknown: RegistryChange = { kind: 'party', id: 'P-nobody', name: 'Nobody', division: '' };
    expect((await found([...log, [unknown]]))[1].detail).toBe('party P-nobody is missing');
  });

  it('is found to differ in any field of any object', async () => {
    const subscription = log.flat().find((one) => one.kind === 'subscription' && one.identifiers.length > 0);
    if (subscription?.kind !== 'subscription') throw new Error('the town has subscriptions');
    const [identifier, ...others] = subscription.identifiers;
    const images: RegistryChange[] = [
      { ...subscription, identifiers: [{ ...identifier, fromMs: 1 }, ...others] },
      { ...subscription, tariffs: [] },
      { ...subscription, division: 'elsewhere' },
    ];
    for (const image of images) {
      const before = registry.applied();
      // What stands in the database and not in the log: as if somebody had written there.
      await registry.roll([{ entryNo: before + 1, changes: [image] }]);
      const [asFar, objects] = await found();
      expect(asFar.ok).toBe(false);
      expect(objects.detail).toBe(`subscription ${subscription.id} is not what the log says`);
    }
  });

  it('cannot be said to be right when the log cannot be read', async () => {
    const checks = await verifyRegistry({
      applied: 1,
      lastEntry: 1,
      logged: async function* () {
        throw new Error('EIO');
      },
      images: () => registry.queries.images(),
    });
    expect(checks[1]).toMatchObject({ ok: false, detail: 'the log cannot be read: INTERNAL: EIO' });
  });
});
