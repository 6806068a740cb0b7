/** What a front does for others on the same log: hears the rater, and takes over what collectors took. */
import { setTimeout as delay } from 'node:timers/promises';
import { toTollgridError } from '../../platform/errors.ts';
import { ordersOf, type KafkaConnection } from '../../platform/kafka/index.ts';
import type { FrontParts } from '../front/front.ts';
import { connectionOf, intakePrefix, progressOf } from '../front/open-log.ts';
import { Mediator } from './mediator.ts';
import { ProgressListener } from './progress.ts';

/** How soon a collector that begins is noticed. */
const LOOK_MS = 2_000;

export class FrontSide {
  private readonly front: FrontParts;
  private listener: ProgressListener | null = null;
  private readonly mediators = new Map<string, Mediator>();
  private looking: Promise<void> = Promise.resolve();
  private readonly ending = new AbortController();

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
    this.looking = this.look(connection, intakePrefix(kafka.topic));
  }

  private async look(connection: KafkaConnection, prefix: string): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        for (const order of await ordersOf(connection, prefix))
          if (!this.mediators.has(order) && !signal.aborted) await this.mediate(connection, order);
      } catch (error) {
        const { code, message } = toTollgridError(error);
        this.front.logger.warn({ code }, `orders of collectors: ${message}`);
      }
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async mediate(connection: KafkaConnection, order: string): Promise<void> {
    const { config, intake, state, logger } = this.front;
    const mediator = await Mediator.open({
      ...{ connection, order, dataDir: config.dataDir, spool: this.front.spoolOf(), intake, log: logger },
      origins: state.origins,
      waitForRoom: () => this.front.waitForRoom(this.front.headNo - config.intake.waitingEntriesMax),
    });
    this.mediators.set(order, mediator);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.looking;
    await Promise.all([...this.mediators.values()].map((mediator) => mediator.stop()));
    await this.listener?.stop();
  }
}
