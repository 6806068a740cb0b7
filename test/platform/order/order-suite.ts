/** The log on Kafka: as every log, and what only it does: its copies, and one writer among machines. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogReader, LogWriter, Spool, type Pins } from '../../../platform/log/index.ts';
import { prepareTopics } from '../../../platform/kafka/index.ts';
import { KafkaLog, OrderFollower, type Content } from '../../../platform/order/index.ts';
import { until } from '../../support/until.ts';
import { logSuite, type LogUnderTest } from '../log/port-suite.ts';

const LIMIT_MS = 120_000;
const PINS: Pins = { acceptedAtMs: 1_700_000_000_000, registryNo: 0, semanticsNo: 6 };
const blob = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Brokers = () => { address: string };

async function openLog(
  { address }: { address: string },
  dataDir: string,
  topic: string,
  contentsOf: () => Promise<Content[]> = async () => [],
): Promise<LogUnderTest & { log: KafkaLog; spool: Spool }> {
  const connection = { brokers: [address] };
  await prepareTopics(connection, [{ topic, replicas: 1 }]);
  const dir = path.join(dataDir, 'log');
  const [copy, spool] = [await LogWriter.open(dir), await Spool.open(path.join(dataDir, 'spool'))];
  try {
    return { log: await KafkaLog.open({ connection, topic, dataDir, copy, spool, contentsOf }), dir, spool };
  } catch (error) {
    await copy.close();
    throw error;
  }
}

async function follow({ address }: { address: string }, dataDir: string, topic: string): Promise<OrderFollower> {
  return OrderFollower.open({
    ...{ connection: { brokers: [address] }, topic, dataDir },
    copy: await LogWriter.open(path.join(dataDir, 'log')),
    spool: await Spool.open(path.join(dataDir, 'spool')),
    onHead: () => undefined,
    warn: () => undefined,
  });
}

async function chainOf(dataDir: string, entryNo: number): Promise<unknown> {
  const reader = new LogReader(path.join(dataDir, 'log'));
  const proof = await reader.prove(entryNo);
  await reader.close();
  return proof;
}

export function orderSuite(broker: Brokers): void {
  logSuite({
    open: (folder, name) => openLog(broker(), folder, name),
    limitMs: LIMIT_MS,
  });

  describe('and its copies', () => {
    let folder: string;
    const inside = (name: string): string => path.join(folder, name);
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-order-'))));
    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    it(
      'hold the same entries, and the bytes of files that they point to',
      async () => {
        const bytes = Buffer.alloc(2_000_000, 'a line of a file\n');
        const content = [{ blob: blob(bytes), offset: 0, bytes }];
        const { log } = await openLog(broker(), inside('a'), path.basename(folder), async () => content);
        await log.append(2, { slice: 1 }, undefined, PINS);
        const follower = await follow(broker(), inside('b'), path.basename(folder));
        expect(follower.headNo).toBe(1);
        await log.append(2, { slice: 2 }, Buffer.from('x'), PINS);
        await until('the copy has the second', () => follower.headNo === 2);
        expect(await chainOf(inside('b'), 2)).toEqual(await chainOf(inside('a'), 2));
        const spool = await Spool.open(inside('b/spool'));
        expect(await spool.isSound(blob(bytes))).toBe(true);
        await spool.close();
        await follower.stop();
        await log.append(2, { slice: 3 }, undefined, PINS);
        // Goes on where it was, and all of it again when it forgot.
        const again = await follow(broker(), inside('b'), path.basename(folder));
        expect(again.headNo).toBe(3);
        await again.stop();
        fs.rmSync(inside('b/order.json'));
        const forgetful = await follow(broker(), inside('b'), path.basename(folder));
        expect(forgetful.headNo).toBe(3);
        await forgetful.stop();
        await log.close();
      },
      LIMIT_MS,
    );

    it(
      'a writer that was replaced writes nothing more',
      async () => {
        const old = await openLog(broker(), inside('old'), path.basename(folder));
        await old.log.append(1, { by: 'old' }, undefined, PINS);
        const young = await openLog(broker(), inside('young'), path.basename(folder));
        expect(young.log.headNo).toBe(1);
        const late = old.log.append(1, { by: 'zombie' }, undefined, PINS);
        await expect(late).rejects.toMatchObject({ code: 'LOG_FENCED' });
        await expect(old.log.append(1, {}, undefined, PINS)).rejects.toMatchObject({ code: 'LOG_FENCED' });
        expect((await young.log.append(1, { by: 'young' }, undefined, PINS)).entryNo).toBe(2);
        const follower = await follow(broker(), inside('copy'), path.basename(folder));
        expect(await chainOf(inside('copy'), 2)).toEqual(await chainOf(inside('young'), 2));
        await Promise.all([old.log.close(), young.log.close(), follower.stop()]);
      },
      LIMIT_MS,
    );

    it(
      'are refused for another order',
      async () => {
        const one = await openLog(broker(), inside('one'), `${path.basename(folder)}-1`);
        await one.log.append(1, { of: 'one' }, undefined, PINS);
        await one.log.close();
        const two = await openLog(broker(), inside('two'), `${path.basename(folder)}-2`);
        await two.log.append(1, { of: 'two' }, undefined, PINS);
        await two.log.close();
        const wrong = openLog(broker(), inside('one'), `${path.basename(folder)}-2`);
        await expect(wrong).rejects.toMatchObject({ code: 'LOG_ORDER_DIFFERS' });
      },
      LIMIT_MS,
    );
  });
}
