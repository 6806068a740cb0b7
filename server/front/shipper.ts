/** The process that keeps the second copy in `shipping.to` up, as the front sees it. */
import type { Logger } from '../../platform/logger.ts';
import { entryPoint } from '../../platform/paths.ts';
import { Supervisor } from '../../platform/supervise.ts';
import type { FollowerReport } from '../copy/index.ts';
import type { FrontToShipper, ShipperToFront } from '../shipping/messages.ts';

export interface ShipperParts {
  dataDir: string;
  to: string;
  niceLevel: number;
  epoch: number;
  headNo(): number;
  onReport(report: FollowerReport): void;
  log: Logger;
}

/** The head moves with each entry; the shipper is told so often. */
const TELL_EVERY_MS = 10;
/** A mount that hangs must not keep a start waiting. */
const FIRST_REPORT_MS = 15_000;
const STOP_MS = 12_000;

export class Shipper {
  private readonly parts: ShipperParts;
  private readonly process: Supervisor;
  private timer: NodeJS.Timeout | null = null;
  private told = 0;

  constructor(parts: ShipperParts) {
    this.parts = parts;
    this.process = new Supervisor({
      name: 'shipper',
      entry: entryPoint(new URL('../shipping/', import.meta.url).href, 'main'),
      niceLevel: parts.niceLevel,
    });
    this.process.on('ready', () => {
      const { dataDir, to, epoch } = parts;
      this.tell({ type: 'start', dataDir, to, headNo: parts.headNo(), epoch });
    });
    this.process.on('restart', (how) => parts.log.error(how, 'the shipper died; it is started again'));
  }

  /** Resolves with its first report, or without one after a while. */
  async start(): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.process.on('message', (message) => {
        this.parts.onReport((message as ShipperToFront).report);
        resolve();
      });
    });
    await this.process.start();
    let late: NodeJS.Timeout | undefined;
    await Promise.race([heard, new Promise<void>((resolve) => (late = setTimeout(resolve, FIRST_REPORT_MS)))]);
    clearTimeout(late);
  }

  headMoved(): void {
    this.timer ??= setTimeout(() => this.tellHead(), TELL_EVERY_MS);
  }

  private tellHead(): void {
    this.timer = null;
    const headNo = this.parts.headNo();
    if (headNo === this.told) return;
    this.told = headNo;
    this.tell({ type: 'head', headNo });
  }

  private tell(message: FrontToShipper): void {
    this.process.send(message);
  }

  /** What is in the log is still copied, as far as that goes within some seconds. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.tellHead();
    let late: NodeJS.Timeout | undefined;
    // Whoever hangs in a dead mount cannot even be killed.
    const patience = new Promise<void>((resolve) => (late = setTimeout(resolve, 3 * STOP_MS)));
    await Promise.race([this.process.stop(STOP_MS), patience]);
    clearTimeout(late);
  }
}
