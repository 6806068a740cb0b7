/** Makes the backup that is asked for, in a process that a test may kill. */
import { systemClock } from '../../../platform/clock.ts';
import { makeBackup } from '../../../server/copy/index.ts';

process.stdout.write('begins\n');
await makeBackup({
  ...(JSON.parse(process.argv[2]!) as Omit<Parameters<typeof makeBackup>[0], 'clock'>),
  clock: systemClock,
});
