import { describe, expect, it } from 'vitest';
import { checkGuiding, compileGuiding, prepareGuiding } from '../../../mediation/guiding/index.ts';

describe('a guiding file', () => {
  it('numbers its views in the order they are first named', () => {
    const publication = prepareGuiding(
      'guiding: g\nrules:\n  - class: a\n    views: [{ view: retail, by: [login] }, { view: partner, by: [trunkIn] }]\n' +
        '  - class: b\n    views: [{ view: partner, by: [trunkIn] }]\n',
    );
    expect(compileGuiding(publication)).toMatchObject({ name: 'g', views: ['retail', 'partner'] });
  });

  it('tells all its mistakes together, each with its line', () => {
    const document = [
      'guiding: town',
      'rules:',
      '  - class: call.*',
      '    views: []',
      '  - class: call.originating',
      '    views:',
      '      - { view: retail, by: [callingParty] }',
      '      - { view: retail, by: [accountCode] }',
    ].join('\n');
    expect(checkGuiding(document, 'town.yaml')).toEqual([
      'town.yaml:3: /rules/0: a rule without views filters records, so it must give its `reason`',
      'town.yaml:5: /rules/1: view retail stands twice',
      'town.yaml:5: /rules/1: is never reached: rule 1 takes all of call.originating',
    ]);
    expect(() => prepareGuiding(document)).toThrowError(expect.objectContaining({ code: 'GUIDING_INVALID' }));
  });

  it('refuses keys, fields and shapes it does not know', () => {
    const mistakes = checkGuiding(
      'guiding: town\nrules:\n  - class: call\n    view: x\n    views: [{ view: retail, by: [sessionId] }]\n',
    );
    expect(mistakes).toHaveLength(2);
    expect(mistakes[0]).toBe('guiding.yaml:3: /rules/0: unknown key `view`');
    expect(mistakes[1]).toContain('guiding.yaml:5: /rules/0/views/0/by/0: must be one of callingParty');
    expect(checkGuiding('guiding: [')[0]).toContain('guiding.yaml:1: ');
  });
});
