/** An installation that nobody disturbs, given the customers and each record once: what an export should be. */
import fs from 'node:fs';
import path from 'node:path';
import { exported, postUsage, type Load } from './load.ts';
import { Installation } from './installation.ts';
import { temporary } from './kills.ts';

export class Calm {
  private readonly load: Load;
  private readonly installation: Installation;
  private readonly folder: string;
  private accounts = 0;
  private lines = 0;
  private pushes = 0;

  constructor(load: Load) {
    this.load = load;
    this.folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-calm-'));
    this.installation = new Installation({ folder: this.folder });
  }

  async start(): Promise<void> {
    this.installation.prepare();
    await this.installation.start();
  }

  /** Brings it up to what was sent by now; everything sent must have been acknowledged. */
  async export(): Promise<string> {
    const { installation, load } = this;
    const customers = load.customersFrom(this.accounts);
    if (customers.length > 0) await installation.api.post('/v1/registry/changes', { objects: customers });
    this.accounts = load.accounts.length;
    const text = [...load.lines.values()].slice(this.lines).map((one) => `${one}\n`);
    this.lines = load.lines.size;
    if (text.length > 0) await postUsage(installation, text.join(''), `calm-${this.pushes++}`);
    await installation.api.get('/v1/audit', { wait: true });
    return exported(installation);
  }

  async remove(): Promise<void> {
    this.installation.killAll();
    await this.installation.gone();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
