import { describe, expect, it } from 'vitest';
import { eventOf } from '../../outputs/index.ts';
import { CHARGE } from '../server/http/samples.ts';

const parsed = (charge: typeof CHARGE): Record<string, unknown> =>
  JSON.parse(eventOf(charge, 'town-1').value) as Record<string, unknown>;

describe('a charge as an event', () => {
  it('is a CloudEvent about its account, with all that the API tells of it', () => {
    expect(eventOf(CHARGE, 'town-1').key).toBe('A-1');
    expect(parsed(CHARGE)).toEqual({
      specversion: '1.0',
      id: '7/7.3.0',
      source: 'town-1',
      type: 'tollgrid.charge',
      subject: 'A-1',
      datacontenttype: 'application/json',
      data: CHARGE,
    });
  });

  it('is another one when it is taken back, and when its address is posted again', () => {
    const reversal = { ...CHARGE, postedEntry: 9, sign: -1, amount: '-4.000000', corrects: '7.3.0' };
    expect(parsed(reversal)).toMatchObject({ id: '9/7.3.0/reversed', type: 'tollgrid.charge.reversed' });
    expect(parsed({ ...CHARGE, postedEntry: 9 })).toMatchObject({ id: '9/7.3.0', type: 'tollgrid.charge' });
  });
});
