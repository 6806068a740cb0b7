/**
 * A short slice of `load-tests/overload.ts`: ten times as much usage while the ledger stands still, while its engine is
 * killed again and again, and on a full disk. What was acknowledged is there once, and senders were told to wait.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OverloadInstallation } from '../../../load-tests/overload/installation.ts';
import { overload, type OverloadResult, type Trouble } from '../../../load-tests/overload/overload.ts';
import {
  diskFull,
  ledgerFrozen,
  ledgerKilled,
  smallDisk,
  type SmallDisk,
} from '../../../load-tests/overload/troubles.ts';

const MIB = 1024 ** 2;
const RESERVE_BYTES = 128 * MIB;
const RATE = 40;
const TEST_MS = 300_000;

let folder: string;
let disk: SmallDisk | null;
let installation: OverloadInstallation;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-overload-'));
  disk = smallDisk(folder, 1024 * MIB);
  if (disk === null)
    process.stderr.write('SKIPPED: mounting is not permitted here; overload runs without a full disk\n');
  installation = await OverloadInstallation.make({
    ...{ folder, dataDir: path.join(disk?.folder ?? folder, 'data'), customers: 300, compiled: true },
    // Little may wait, so that a few seconds are too much.
    ...{ waitingEntriesMax: 100, waitingBytesMax: 64 * 1024, diskReserveBytes: RESERVE_BYTES },
  });
  await installation.start();
});
afterAll(() => {
  installation.kill();
  disk?.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

function tried(trouble: Trouble, seed: number, troubleMs: number): Promise<OverloadResult> {
  return overload(installation, trouble, {
    ...{ seed, rate: RATE, burst: 10, beforeMs: 1_000, troubleMs, afterMs: 1_000, outstandingMax: 1_000 },
    say: () => undefined,
  });
}

function expectNothingLost(result: OverloadResult): void {
  expect(result.acknowledged).toBe(result.events);
  expect(result.differences).toEqual({ voice: 0, data: 0, electricity: 0 });
  expect(result.closes).toBe(true);
  // All processes together.
  expect(result.rssMaxBytes).toBeLessThan(2048 * MIB);
}

describe('overload', () => {
  it(
    'while the ledger stands still: senders wait, nothing is lost, and the backlog goes faster than it came',
    async () => {
      const result = await tried(ledgerFrozen(installation), 1, 6_000);
      expectNothingLost(result);
      expect(result.backlogMax).toBeGreaterThan(200);
      expect(result.toldToWait + result.unanswered).toBeGreaterThan(0);
      expect(result.drainRatio).toBeGreaterThan(1);
    },
    TEST_MS,
  );

  it(
    'while the ledger is killed again and again',
    async () => {
      expectNothingLost(await tried(ledgerKilled(installation, 300), 2, 2_000));
    },
    TEST_MS,
  );

  it(
    'on a full disk: refused until there is room again (needs to mount)',
    async (context) => {
      if (disk === null) return context.skip('mounting a small disk is not permitted here');
      const result = await tried(diskFull(installation, disk.folder, RESERVE_BYTES), 3, 3_000);
      expectNothingLost(result);
      expect(result.toldToWait).toBeGreaterThan(0);
    },
    TEST_MS,
  );
});
