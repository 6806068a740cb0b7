import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { clock, cores, examine, memory, nodeVersion } from '../../cli/examinations.ts';
import { loadConfig } from '../../platform/config.ts';

describe('what doctor finds', () => {
  it.each([
    ['20.18.3', 'bad'],
    ['20.19.0', 'good'],
    ['18.20.0', 'bad'],
    ['24.1.0', 'good'],
  ])('Node.js %s is %s', (version, state) => {
    expect(nodeVersion(version).state).toBe(state);
  });

  it('little memory, one core and a clock in the past are said', () => {
    expect(memory(2 ** 30).state).toBe('poor');
    expect(memory(4 * 2 ** 30).state).toBe('good');
    expect(cores(1).state).toBe('poor');
    expect(clock(0).state).toBe('bad');
  });

  it('a taken port, a password in clear and an unwritable data directory are said', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-doctor-'));
    writeFileSync(path.join(folder, 'file'), '');
    const config = { ...loadConfig({ env: {}, workingDir: folder }), dataDir: path.join(folder, 'file', 'data') };
    config.server = { ...config.server, port };
    const ftp = { host: 'ftp.town', tls: 'none' };
    config.sources = [{ name: 'meters', kind: 'ftp', ftp }] as unknown as typeof config.sources;
    const findings = await examine(config);
    server.close();
    rmSync(folder, { recursive: true });
    const stateOf = (name: string) => findings.find((finding) => finding.name === name);
    expect(stateOf('port')).toMatchObject({ state: 'bad', found: `127.0.0.1:${port}: EADDRINUSE` });
    expect(stateOf('data directory')?.state).toBe('bad');
    expect(stateOf('passwords')).toMatchObject({ state: 'poor', found: expect.stringContaining('PASSWORD_IN_CLEAR') });
  });
});
