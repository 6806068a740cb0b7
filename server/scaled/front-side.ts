/** What a front does for others on the same log: hears the rater, and takes over what collectors took. */
import { toTollgridError } from '../../platform/errors.ts';
import { ordersOf, type KafkaConnection } from '../../platform/kafka/index.ts';
import type { FrontParts } from '../front/front.ts';
import { connectionOf, intakePrefix, progressOf } from '../front/open-log.ts';
import { Mediator } from './mediator.ts';
import { Mediators } from './mediators.ts';
import { ProgressListener } from './progress.ts';

/** How soon a collector that begins is noticed. */
const LOOK_MS = 2_000;

export class FrontSide {
  private readonly front: FrontParts;
  private listener: ProgressListener | null = null;
  private mediators: Mediators | null = null;

  constructor(front: FrontParts) {
    this.front = front;
  }

  /** Nothing of a log in files, and of a collector. */
  async start(): Promise<void> {
    const { config, role, children, logger } = this.front;
    const { kafka } = config.log;
    if (kafka === undefined || role === 'collector') return;
    const connection = connectionOf(kafka);
    if (role === 'api') {
      this.listener = await ProgressListener.open(connection, progressOf(kafka.topic), {
        heard: (message) => children.heard(message),
        raterIsUp: (isUp) => children.raterIsUp(isUp),
        warn: (code, message) => logger.warn({ code }, message),
      });
    }
    this.mediators = new Mediators({
      orders: () => ordersOf(connection, intakePrefix(kafka.topic)),
      open: (order) => this.mediate(connection, order),
      failed: (error, order) => {
        const { code, message } = toTollgridError(error);
        logger.warn({ code, ...(order !== undefined && { order }) }, `orders of collectors: ${message}`);
      },
      lookMs: LOOK_MS,
    });
  }

  private mediate(connection: KafkaConnection, order: string): Promise<Mediator> {
    const { config, intake, state, logger } = this.front;
    return Mediator.open({
      ...{ connection, order, dataDir: config.dataDir, spool: this.front.spoolOf(), intake, log: logger },
      origins: state.origins,
      waitForRoom: () => this.front.waitForRoom(this.front.headNo - config.intake.waitingEntriesMax),
    });
  }

  async stop(): Promise<void> {
    await this.mediators?.stop();
    await this.listener?.stop();
  }
}
