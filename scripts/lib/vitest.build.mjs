// Before any suite: what they start as processes and threads is compiled from the sources as they are now.
import { build } from './prepare.mjs';

export function setup() {
  build();
}
