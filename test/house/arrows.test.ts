import { describe, it, expect } from 'vitest';
import { backDoors, wrongArrows } from './support/arrows.ts';
import { programFiles } from './support/sources.ts';

const files = programFiles();

describe('arrows between folders', () => {
  it('go one way only', () => {
    expect(wrongArrows(files)).toEqual([]);
  });

  it('enter another folder through its index.ts', () => {
    expect(backDoors(files)).toEqual([]);
  });

  it('are seen in every kind of import', () => {
    const planted = (text: string) => wrongArrows([{ name: 'rating/engine/price.ts', text }]);
    expect(planted(`import { query } from '../../ledger/index.ts';`)).toEqual([
      'rating/engine/price.ts -> ledger/index.ts',
    ]);
    expect(planted(`import type { Row } from '../../ledger/index.ts';`)).toHaveLength(1);
    expect(planted(`export { query } from '../../ledger/index.ts';`)).toHaveLength(1);
    expect(planted(`const ledger = await import('../../ledger/index.ts');`)).toHaveLength(1);
    expect(planted(`import { money } from '../../platform/money.ts';`)).toEqual([]);
  });

  it('never lead to the server from below, nor from an unknown folder', () => {
    const text = `import { startFront } from '../server/index.ts';`;
    expect(wrongArrows([{ name: 'collectors/index.ts', text }])).toHaveLength(1);
    expect(wrongArrows([{ name: 'cli/main.ts', text }])).toEqual([]);
    expect(wrongArrows([{ name: 'newroom/index.ts', text }])).toHaveLength(1);
  });

  it('notice a back door', () => {
    const text = `import { x } from '../rating/engine/price.ts'; import { y } from '../rating/index.ts';`;
    expect(backDoors([{ name: 'server/a.ts', text }])).toEqual(['server/a.ts -> rating/engine/price.ts']);
  });

  it('look at all of the program', () => {
    const folders = new Set(files.map((file) => file.name.split('/')[0]));
    expect([...folders]).toEqual(
      expect.arrayContaining(['cli', 'mediation', 'platform', 'rating', 'registry', 'schemas']),
    );
  });
});
