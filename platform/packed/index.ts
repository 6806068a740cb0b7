export { packingOf, unpackedName, type Packing } from './packing.ts';
export { examine, unpack, USUAL_LIMITS, type Examined, type Member, type PackedLimits } from './unpack.ts';
