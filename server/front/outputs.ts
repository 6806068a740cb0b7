/** The configured outputs: each a feed of its own, from the ledger to somewhere else. */
import path from 'node:path';
import {
  Feed,
  KafkaTarget,
  PositionFile,
  type KafkaTargetOptions,
  type OutputStatus,
  type Target,
} from '../../outputs/index.ts';
import type { OutputConfig } from '../../platform/config.ts';
import { clearPasswords } from '../../platform/config/clear-passwords.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { OutputItem } from '../../schemas/api/outputs.ts';
import type { FrontParts } from './front.ts';
import { ChargePages, type ChargePagesParts } from './charge-pages.ts';
import { brokerSecrets } from './broker-secrets.ts';

export interface OutputsParts extends Omit<ChargePagesParts, 'views' | 'eventSource'> {
  dataDir: string;
  configs: readonly OutputConfig[];
  headNo(): number;
  now(): number;
  log: Logger;
}

export function outputsOf(front: FrontParts): Outputs {
  const { config, processed, logger, clock } = front;
  return new Outputs({
    ...{ dataDir: config.dataDir, configs: config.outputs, processed, log: logger },
    now: () => clock.now(),
    headNo: () => front.log.headNo,
    ledger: () => front.children.ledger,
    registry: () => front.registry,
  });
}

const AGAIN_MS = 5_000;
const AGAIN_MS_MAX = 300_000;
const NOTHING = { entry: null, sent: 0, lastSentMs: null };

export class Outputs {
  private readonly parts: OutputsParts;
  private readonly makeTarget: (options: KafkaTargetOptions) => Target;
  private readonly againMs: number;
  private readonly feeds = new Map<string, Feed>();
  private readonly failures = new Map<string, string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** One begins after the other. */
  private turn: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    parts: OutputsParts,
    makeTarget = (options: KafkaTargetOptions): Target => new KafkaTarget(options),
    againMs = AGAIN_MS,
  ) {
    this.parts = parts;
    this.makeTarget = makeTarget;
    this.againMs = againMs;
  }

  /** One that cannot begin says why and is tried again; the others begin. */
  async start(): Promise<void> {
    for (const config of this.parts.configs) {
      if (config.paused) continue;
      for (const message of clearPasswords(config)) this.warn(config.name, 'PASSWORD_IN_CLEAR', message);
      this.begin(config, this.againMs);
    }
    await this.turn;
  }

  private begin(config: OutputConfig, againMs: number): void {
    this.turn = this.turn.then(async () => {
      if (this.stopping) return;
      try {
        const feed = await this.feedOf(config);
        this.feeds.set(config.name, feed);
        feed.start();
      } catch (error) {
        const { code, message } = toTollgridError(error);
        const failure = `${code}: ${message}`;
        if (this.failures.get(config.name) !== failure) this.warn(config.name, code, message);
        this.failures.set(config.name, failure);
        const nextMs = Math.min(2 * againMs, AGAIN_MS_MAX);
        this.timers.set(
          config.name,
          setTimeout(() => this.begin(config, nextMs), againMs),
        );
      }
    });
  }

  list(): OutputItem[] {
    const { processed, configs } = this.parts;
    return configs.map((config) => {
      const { name, kind } = config;
      const { entry, lastSentMs, ...rest } = this.feeds.get(name)?.status() ?? this.idle(config);
      const ledgerNo = processed.sureNo;
      const lagEntries = entry === null || ledgerNo === null ? null : Math.max(0, ledgerNo - entry);
      const lastSentAt = lastSentMs === null ? null : new Date(lastSentMs).toISOString();
      return { name, kind, ...rest, entry, lagEntries, lastSentAt };
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.turn;
    for (const timer of this.timers.values()) clearTimeout(timer);
    await Promise.all([...this.feeds.values()].map((feed) => feed.stop()));
  }

  /** Errors: OUTPUT_POSITION_DAMAGED, SECRET_UNREADABLE. */
  private async feedOf({ name, from, views, eventSource, kafka }: OutputConfig): Promise<Feed> {
    const { dataDir, headNo, now } = this.parts;
    const { tls, sasl, ...place } = kafka!;
    const head = headNo();
    const file = path.join(dataDir, 'outputs', `${name}.json`);
    // First of all: `now` is when it was configured, also when the rest is missing for a while.
    const position = await PositionFile.open(file, from === 'now' ? head : 0);
    const target = this.makeTarget({ ...place, ...brokerSecrets({ tls, sasl }) });
    const { entry } = position.position;
    if (entry > head) {
      this.warn(name, 'OUTPUT_POSITION_AHEAD', `entry ${entry} was sent, and the log ends with ${head}`);
      await position.moved({ entry: head, after: null }, 0);
    }
    const pages = new ChargePages({ ...this.parts, views, eventSource });
    return new Feed(target, pages, position, { now, warn: (code, message) => this.warn(name, code, message) });
  }

  private idle({ name, paused }: OutputConfig): OutputStatus {
    const failure = this.failures.get(name);
    if (failure !== undefined) return { state: 'waiting', detail: failure, ...NOTHING };
    return { state: paused ? 'paused' : 'stopped', detail: paused ? 'by the configuration' : '', ...NOTHING };
  }

  private warn(output: string, code: string, message: string): void {
    this.parts.log.warn({ output, code }, message);
  }
}
