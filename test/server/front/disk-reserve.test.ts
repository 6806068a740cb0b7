import { afterEach, describe, expect, it, vi } from 'vitest';
import { DiskReserve } from '../../../server/front/disk-reserve.ts';
import { Turns } from '../../../server/front/turns.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const RESERVE = { diskReserveBytes: GIB, diskReservePercent: 2 };

class Disk {
  freeBytes: number;
  looks = 0;
  readonly totalBytes: number;

  constructor(freeBytes: number, totalBytes = 500 * GIB) {
    this.freeBytes = freeBytes;
    this.totalBytes = totalBytes;
  }

  readonly space = () => {
    this.looks++;
    return Promise.resolve({ freeBytes: this.freeBytes, totalBytes: this.totalBytes });
  };
}

afterEach(() => vi.useRealTimers());

describe('the disk reserve', () => {
  it('is so many bytes, or that part of the disk when it is less', async () => {
    for (const [totalBytes, diskReserveBytes, diskReservePercent, expected] of [
      [500 * GIB, GIB, 2, GIB],
      [10 * GIB, GIB, 2, Math.floor(GIB / 5)],
      [10 * GIB, 3 * GIB, 100, 3 * GIB],
      [10 * GIB, 0, 2, 0],
    ] as const) {
      const reserve = new DiskReserve(new Disk(1, totalBytes).space, { diskReserveBytes, diskReservePercent });
      await reserve.look();
      expect(reserve.reserveBytes).toBe(expected);
      expect(reserve.isLow).toBe(expected > 1);
    }
  });

  it('refuses with a time to come again, and takes again when there is room', async () => {
    const disk = new Disk(5 * GIB);
    const reserve = new DiskReserve(disk.space, RESERVE);
    await reserve.look();
    expect(() => reserve.require()).not.toThrow();
    disk.freeBytes = GIB - 1;
    await reserve.look();
    expect(() => reserve.require()).toThrow(
      expect.objectContaining({
        code: 'INTAKE_DISK_LOW',
        details: { retryAfterSeconds: 30, freeBytes: GIB - 1, reserveBytes: GIB },
      }) as Error,
    );
    disk.freeBytes = GIB;
    await reserve.look();
    expect(() => reserve.require()).not.toThrow();
  });

  it('ends a copy that would use it up, and lets through what does not', async () => {
    const disk = new Disk(GIB + 40 * MIB);
    const reserve = new DiskReserve(disk.space, RESERVE);
    const copy = async (megabytes: number): Promise<number> => {
      async function* content(): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < megabytes; n++) yield new Uint8Array(MIB);
      }
      let copied = 0;
      for await (const chunk of reserve.guard(content())) {
        copied += chunk.length;
        disk.freeBytes -= chunk.length;
      }
      return copied;
    };
    expect(await copy(30)).toBe(30 * MIB);
    disk.freeBytes = GIB + 40 * MIB;
    await expect(copy(100)).rejects.toMatchObject({ code: 'INTAKE_DISK_LOW' });
    // Not more than a few portions into it.
    expect(disk.freeBytes).toBeGreaterThan(GIB - 17 * MIB);
  });

  it('lets what was accepted go on as soon as there is room, and tells it when Tollgrid stops', async () => {
    vi.useFakeTimers();
    const disk = new Disk(1);
    const reserve = new DiskReserve(disk.space, RESERVE);
    await reserve.start();
    let resumed = false;
    const room = reserve.room().then(() => (resumed = true));
    await vi.advanceTimersByTimeAsync(5000);
    expect(resumed).toBe(false);
    disk.freeBytes = 5 * GIB;
    await vi.advanceTimersByTimeAsync(1000);
    await room;
    await reserve.room();
    disk.freeBytes = 1;
    await vi.advanceTimersByTimeAsync(1000);
    const refused = expect(reserve.room()).rejects.toMatchObject({ code: 'STOPPING' });
    reserve.stop();
    await refused;
    await expect(reserve.room()).rejects.toMatchObject({ code: 'STOPPING' });
    const { looks } = disk;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(disk.looks).toBe(looks);
  });

  it('goes by the last answer when the disk cannot be asked', async () => {
    const disk = new Disk(1);
    const reserve = new DiskReserve(
      () => (disk.looks === 0 ? disk.space() : Promise.reject(new Error('EIO'))),
      RESERVE,
    );
    await reserve.look();
    await reserve.look();
    expect(reserve.isLow).toBe(true);
  });
});

describe('turns', () => {
  it('do the work of one key in order, and that of another meanwhile', async () => {
    const turns = new Turns();
    const done: string[] = [];
    let go: () => void = () => undefined;
    const first = turns.take('a', async () => {
      await new Promise<void>((resolve) => (go = resolve));
      done.push('a1');
      throw new Error('failed');
    });
    const second = turns.take('a', () => Promise.resolve(done.push('a2')));
    await turns.take('b', () => Promise.resolve(done.push('b')));
    go();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(done).toEqual(['b', 'a1', 'a2']);
  });
});
