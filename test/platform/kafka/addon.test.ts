import { describe, expect, it } from 'vitest';
import { loadKafka, wantedStamp } from '../../../platform/kafka/index.ts';

describe('the Kafka client', () => {
  it('that was compiled for another Node is not loaded', () => {
    const other = wantedStamp().replace(/ABI \d+/, 'ABI 1');
    expect(() => loadKafka(other)).toThrow(expect.objectContaining({ code: 'KAFKA_ADDON_MISSING' }));
  });
});
