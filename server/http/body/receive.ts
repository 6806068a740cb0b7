/** The body of a request as a stream of what it holds: `Content-Encoding` undone, limits watched while it flows. */
import { Transform, type Duplex, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TollgridError } from '../../../platform/errors.ts';
import { createUnzstd } from './unzstd.ts';

export interface BodyLimits {
  /** Of the body as it is sent, and of what it unpacks to. */
  bytesMax: number;
  /** Unpacked bytes for each packed one. */
  ratioMax: number;
}

/** Small bodies may unpack to so much whatever their ratio: a line of zeros packs well. */
const RATIO_FREE_BYTES = 1024 * 1024;
export const CONTENT_ENCODINGS = 'gzip, zstd';

/**
 * Runs `consume` on the content. An upload that breaks off, is no such encoding or is over a limit fails the stream that
 * `consume` reads, and `onBytes` hears of what comes through. The request itself is never destroyed: its socket has to carry the
 * refusal back. Throws BODY_TOO_LARGE, CONTENT_ENCODING_UNSUPPORTED, CONTENT_BROKEN, CONTENT_RATIO, UPLOAD_BROKEN.
 */
export async function receive<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  limits: BodyLimits,
  consume: (content: Readable) => Promise<T>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<T> {
  try {
    const encoding = encodingOf(request.headers['content-encoding'], reply);
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > limits.bytesMax) throw tooLarge(limits.bytesMax);
    return await flow(request.body as Readable, encoding, limits, consume, onBytes);
  } catch (error) {
    // What is left of a refused body would otherwise be read to its end.
    reply.header('connection', 'close');
    throw error;
  }
}

async function flow<T>(
  body: Readable,
  encoding: Encoding,
  limits: BodyLimits,
  consume: (content: Readable) => Promise<T>,
  onBytes: (bytes: number) => void,
): Promise<T> {
  const { bytesMax, ratioMax } = limits;
  const received = counter((bytes) => (bytes > bytesMax ? tooLarge(bytesMax) : null));
  const content = counter((bytes, added) => {
    onBytes(added);
    if (bytes > bytesMax) return tooLarge(bytesMax);
    if (encoding === 'identity' || bytes <= RATIO_FREE_BYTES || bytes <= received.bytes() * ratioMax) return null;
    return new TollgridError('CONTENT_RATIO', `The body unpacks to more than ${ratioMax} times its size.`, {
      ratioMax,
    });
  });
  const unpack = unpackerOf(encoding, () => received.bytes());
  const steps: Duplex[] = [received.stream, ...unpack, content.stream];
  // Who reads the stream sees its error; before and after that nobody does.
  content.stream.on('error', () => undefined);
  for (const step of steps)
    if (step !== content.stream) step.on('error', (cause) => content.stream.destroy(brokenBy(cause)));
  body.on('error', (cause) =>
    content.stream.destroy(new TollgridError('UPLOAD_BROKEN', 'The upload broke off.', {}, { cause })),
  );
  steps.reduce<Readable>((from, step) => from.pipe(step), body);
  try {
    return await consume(content.stream);
  } catch (error) {
    throw content.stream.errored instanceof TollgridError ? content.stream.errored : error;
  } finally {
    body.unpipe(received.stream);
    body.resume();
    for (const step of steps) step.destroy();
  }
}

export async function wholeBody(content: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

type Encoding = 'identity' | 'gzip' | 'zstd';

/** RFC 9110 has lists of them; one after another hides the ratio of each, so there is one. */
function encodingOf(header: string | undefined, reply: FastifyReply): Encoding {
  const name = header?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity' || name === 'gzip' || name === 'zstd') return name;
  if (name === 'x-gzip') return 'gzip';
  reply.header('accept-encoding', CONTENT_ENCODINGS);
  throw new TollgridError('CONTENT_ENCODING_UNSUPPORTED', `A body is packed once, with one of ${CONTENT_ENCODINGS}.`);
}

function unpackerOf(encoding: Encoding, receivedBytes: () => number): Duplex[] {
  if (encoding === 'identity') return [];
  if (encoding === 'zstd') return [createUnzstd()];
  const gunzip = createGunzip();
  const whole = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk),
    // zlib stops at the end of the last member and passes over what follows: bytes would be lost without a word.
    flush: (done) => done(gunzip.bytesWritten === receivedBytes() ? null : new Error('bytes follow its end')),
  });
  return [gunzip, whole];
}

function brokenBy(cause: Error): TollgridError {
  if (cause instanceof TollgridError) return cause;
  return new TollgridError('CONTENT_BROKEN', `The body is not gzip that can be read: ${cause.message}.`, {}, { cause });
}

function counter(check: (bytes: number, added: number) => TollgridError | null) {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const problem = check(bytes, chunk.length);
      if (problem === null) done(null, chunk);
      else done(problem);
    },
  });
  return { stream, bytes: () => bytes };
}

function tooLarge(bytesMax: number): TollgridError {
  return new TollgridError('BODY_TOO_LARGE', `A body here may have ${bytesMax} bytes, unpacked too.`, { bytesMax });
}
