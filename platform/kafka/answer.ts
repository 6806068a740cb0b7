import type { LibrdKafkaError } from 'node-rdkafka';
import { TollgridError } from '../errors.ts';

type Done<T> = (error: LibrdKafkaError | null | undefined, value: T) => void;

/** A callback of the client as a promise. Error: that code, with the client's own as its cause. */
export function answer<T = void>(
  ask: (done: Done<T>) => unknown,
  code: 'KAFKA_UNREACHABLE' | 'SOURCE_UNREACHABLE' = 'KAFKA_UNREACHABLE',
): Promise<T> {
  const unreachable = (cause: { message: string }) => new TollgridError(code, `Kafka: ${cause.message}`, {}, { cause });
  return new Promise((resolve, reject) => {
    try {
      ask((error, value) => {
        if (error === null || error === undefined) resolve(value);
        else reject(unreachable(error));
      });
    } catch (error) {
      reject(unreachable(error as Error));
    }
  });
}

export function clientError(error: unknown): Partial<LibrdKafkaError> {
  return ((error as Error).cause ?? error) as Partial<LibrdKafkaError>;
}
