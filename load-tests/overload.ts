/**
 * Overload: `node dist/load-tests/overload.js [--rate 50] [--burst 10] [--minutes 10] [--rounds frozen,killed,disk]`, after
 * `npm run build`. Prints what happened, and a line of figures for each trouble.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { OverloadInstallation } from './overload/installation.ts';
import { overload, type OverloadResult, type Trouble } from './overload/overload.ts';
import { diskFull, ledgerFrozen, ledgerKilled, smallDisk } from './overload/troubles.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const RESERVE_BYTES = 256 * MIB;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '50' },
    burst: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '10' },
    'other-minutes': { type: 'string', default: '1' },
    rounds: { type: 'string', default: 'frozen,killed,disk' },
    customers: { type: 'string', default: '5000' },
  },
});
const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-overload-'));
const disk = smallDisk(folder, 3 * GIB);
if (disk === null) say('mounting is not permitted here: without the full disk');
const installation = await OverloadInstallation.make({
  ...{ folder, dataDir: path.join(disk?.folder ?? folder, 'data'), customers: Number(values.customers) },
  ...{ compiled: import.meta.filename.endsWith('.js'), waitingEntriesMax: 5_000, waitingBytesMax: MIB / 4 },
  diskReserveBytes: RESERVE_BYTES,
});
const results: OverloadResult[] = [];
try {
  await installation.start();
  const troubles: Record<string, [Trouble, string] | null> = {
    frozen: [ledgerFrozen(installation), values.minutes],
    killed: [ledgerKilled(installation), values['other-minutes']],
    disk: disk === null ? null : [diskFull(installation, disk.folder, RESERVE_BYTES), values['other-minutes']],
  };
  for (const name of values.rounds.split(',')) {
    const one = troubles[name];
    if (one === null || one === undefined) continue;
    const result = await overload(installation, one[0], {
      ...{ seed: Number(values.seed) + results.length, rate: Number(values.rate), burst: Number(values.burst) },
      ...{ beforeMs: 20_000, troubleMs: Number(one[1]) * 60_000, afterMs: 20_000, outstandingMax: 2_000, say },
    });
    results.push(result);
    console.log(JSON.stringify(result));
  }
  await installation.stop();
} finally {
  installation.kill();
  disk?.remove();
  fs.rmSync(folder, { recursive: true, force: true });
}

const wrong = results.filter(
  ({ differences, closes }) => !closes || Object.values(differences).some((difference) => difference !== 0),
);
for (const { trouble } of wrong) console.error(`${trouble}: the ledger differs from what was acknowledged`);
process.exitCode = wrong.length > 0 ? 1 : 0;
