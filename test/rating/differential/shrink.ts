/** The smallest case that still differs: keys, list entries and usages are left out as long as it does. */
import type { Fields, Tree } from '../model/document.ts';
import type { Case } from './compare.ts';

export function shrink(one: Case, stillDiffers: (smaller: Case) => boolean): Case {
  let smallest = one;
  for (let again = true; again;) {
    again = false;
    for (const smaller of smallerCases(smallest)) {
      if (!stillDiffers(smaller)) continue;
      smallest = smaller;
      again = true;
      break;
    }
  }
  return smallest;
}

function* smallerCases(one: Case): Generator<Case> {
  for (const index of one.usages.keys()) {
    if (one.usages.length > 1) yield { ...one, usages: one.usages.filter((_, other) => other !== index) };
  }
  if (one.month?.starts !== undefined || one.month?.ends !== undefined) {
    yield { ...one, month: { period: one.month.period } };
  }
  for (const tariff of smallerTrees(one.tariff)) yield { ...one, tariff: tariff as Fields };
}

/** Each tree with one thing less, the largest things first. */
function* smallerTrees(tree: Tree): Generator<Tree> {
  if (typeof tree === 'string') return;
  if (Array.isArray(tree)) {
    for (const index of tree.keys()) yield tree.filter((_, other) => other !== index);
    for (const [index, entry] of tree.entries()) {
      for (const smaller of smallerTrees(entry)) yield tree.map((old, other) => (other === index ? smaller : old));
    }
    return;
  }
  for (const key of Object.keys(tree)) {
    yield Object.fromEntries(Object.entries(tree).filter(([other]) => other !== key));
  }
  for (const [key, value] of Object.entries(tree)) {
    for (const smaller of smallerTrees(value)) yield { ...tree, [key]: smaller };
  }
}
