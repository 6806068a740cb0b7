/** Sources before they are started: known, told as starting, and changes of them wait for their turn. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { loadConfig } from '../../../platform/config.ts';
import { PausedSources } from '../../../server/front/paused-sources.ts';
import { Sources, type SourcesIntake } from '../../../server/front/sources.ts';

let dataDir: string;
let sources: Sources;

beforeEach(async () => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-starting-'));
  const file = path.join(dataDir, 'tollgrid.yaml');
  const tcp = { kind: 'tcp', format: 'lines', tcp: { port: 0 } };
  const two = [
    { name: 'pbx', ...tcp },
    { name: 'other', ...tcp, paused: true },
  ];
  fs.writeFileSync(file, JSON.stringify({ dataDir, sources: two }));
  sources = new Sources(loadConfig({ path: file, env: {} }).sources, {
    ...{
      intake: { format: () => ({ framed: false }) } as unknown as SourcesIntake,
      paused: await PausedSources.open(dataDir),
      clock: systemClock,
    },
    ...{ log: pino({ level: 'silent' }), dataDir },
  });
});
afterEach(async () => {
  await sources.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

const states = (): string[] => sources.list().map(({ config, state }) => `${config.name} ${state}`);

describe('sources that are not started yet', () => {
  it('are listed with their format, and take once they are started', async () => {
    expect([states(), sources.formatOf('pbx')]).toEqual([['pbx starting', 'other paused'], 'lines']);
    await sources.start({ idle: false });
    expect(states()).toEqual(['pbx taking', 'other paused']);
  });

  it('are paused when they have been started', async () => {
    const paused = sources.pause('pbx', 'test');
    expect(states()[0]).toBe('pbx starting');
    await sources.start({ idle: false });
    expect((await paused).state).toBe('paused');
    expect(states()).toEqual(['pbx paused', 'other paused']);
  });

  it('can be stopped', async () => {
    const paused = sources.pause('pbx', 'test');
    await sources.stop();
    expect((await paused).state).toBe('paused');
  });
});
