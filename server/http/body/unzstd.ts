/** Zstandard unpacked as a stream. Fails with `CONTENT_BROKEN` for what is no Zstandard, or not whole. */
import { Transform, type TransformCallback } from 'node:stream';
import { Decompress } from 'fzstd';
import { TollgridError } from '../../../platform/errors.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** The unpacker moves its whole window for each block, so a flood of tiny blocks would cost minutes. */
const BLOCKS_FREE = 256;
const BLOCK_BYTES_MEAN = 4096;

export function createUnzstd(): Transform {
  const frames = new ZstdFrames();
  let unpackedBytes = 0;
  const unpacker = new Decompress((block) => {
    unpackedBytes += block.length;
    if (block.length > 0) stream.push(block);
  });
  const attempt = (done: TransformCallback, work: () => void): void => {
    try {
      work();
      if (frames.blocks > BLOCKS_FREE + unpackedBytes / BLOCK_BYTES_MEAN) throw new Error('its blocks are too small');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      done(new TollgridError('CONTENT_BROKEN', `The body is not zstd that can be read: ${why}.`, {}, { cause }));
      return;
    }
    done();
  };
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      attempt(done, () => {
        frames.walk(chunk);
        unpacker.push(chunk);
      });
    },
    flush(done) {
      attempt(done, () => {
        frames.end();
        unpacker.push(new Uint8Array(), true);
      });
    },
  });
  return stream;
}
