/** `zones` and `zonesFile`: prefixes of the other party's digits, and the zone each stands for. */
import type { TariffFile } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';
import type { ZonesModel } from './model.ts';

/** Reads a file that the tariff names, relative to it; throws when it cannot. */
export type ReadSideFile = (name: string) => string;

const PREFIX_DIGITS_MAX = 32;
const ZONES_MAX = 30_000;

export function readZones(file: TariffFile, readSideFile: ReadSideFile, mistakes: MistakeList): ZonesModel {
  const collector = new PrefixCollector();
  for (const [zone, prefixes] of Object.entries(file.zones ?? {})) {
    prefixes.forEach((prefix, index) => {
      const other = collector.add(prefix, zone);
      if (other !== null) {
        mistakes.add(
          ['zones', zone, index],
          `Prefix \`${prefix}\` already stands in zone \`${other}\`.`,
          'Keep it once.',
        );
      }
    });
  }
  if (file.zonesFile !== undefined) {
    const add = (prefix: string, zone: string) => collector.add(prefix, zone);
    readPrefixFile(file.zonesFile, { key: 'zonesFile', head: 'prefix,zone' }, readSideFile, add, mistakes);
  }
  if (collector.zones.names.length > ZONES_MAX) {
    mistakes.add(
      ['zones'],
      `There are more than ${ZONES_MAX} zones.`,
      'Give destinations with the same price one zone.',
    );
  }
  if (file.zones === undefined && file.zonesFile === undefined) collector.zones.names.push('');
  return collector.zones;
}

/** Lines of `prefix,name`. `add` gives the name that has the prefix already, or null. */
export function readPrefixFile(
  name: string,
  { key, head }: { key: string; head: string },
  readSideFile: ReadSideFile,
  add: (prefix: string, name: string) => string | null,
  mistakes: MistakeList,
): void {
  let text: string;
  try {
    text = readSideFile(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    mistakes.add(
      [key],
      `\`${name}\` cannot be read: ${reason}.`,
      'Put the file beside the tariff or correct the name.',
    );
    return;
  }
  let found = false;
  let line = 0;
  for (let start = 0; start < text.length;) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    line++;
    const row = text.slice(start, end).trim();
    start = end + 1;
    if (row === '' || row.startsWith('#') || (line === 1 && row === head)) continue;
    const comma = row.indexOf(',');
    const prefix = row.slice(0, Math.max(0, comma)).trim();
    const zone = row.slice(comma + 1).trim();
    if (
      comma === -1 ||
      !/^\d*$/.test(prefix) ||
      prefix.length > PREFIX_DIGITS_MAX ||
      !/^[A-Za-z0-9][\w.-]*$/.test(zone)
    ) {
      mistakes.addIn(name, line, `\`${row}\` is not a prefix and a zone.`, 'Write lines like `38044,kyiv`.');
      continue;
    }
    found = true;
    const other = add(prefix, zone);
    if (other !== null)
      mistakes.addIn(name, line, `Prefix \`${prefix}\` already stands in zone \`${other}\`.`, 'Keep it once.');
  }
  if (!found) mistakes.addIn(name, 1, 'There is no prefix in it.', 'Write lines like `38044,kyiv`.');
}

/** A million prefixes: the table holds places only, which a Map of texts would pay for many times over. */
class PrefixCollector {
  readonly zones: ZonesModel = { names: [], prefixes: [], zoneOfPrefix: [] };
  private readonly numbers = new Map<string, number>();
  /** Place in `prefixes`, plus 1, by hash; at most half full. */
  private slots = new Int32Array(1024);

  /** The zone that already has the prefix, or null when it is new. */
  add(prefix: string, zone: string): string | null {
    const { names, prefixes, zoneOfPrefix } = this.zones;
    let number = this.numbers.get(zone);
    if (number === undefined) {
      number = names.push(zone) - 1;
      this.numbers.set(zone, number);
    }
    const slot = this.slotOf(prefix);
    if (this.slots[slot] !== 0) return names[zoneOfPrefix[this.slots[slot] - 1]];
    this.slots[slot] = prefixes.push(prefix);
    zoneOfPrefix.push(number);
    if (prefixes.length * 2 > this.slots.length) this.grow();
    return null;
  }

  private slotOf(prefix: string): number {
    const { slots } = this;
    const { prefixes } = this.zones;
    const mask = slots.length - 1;
    let slot = hashOf(prefix) & mask;
    while (slots[slot] !== 0 && prefixes[slots[slot] - 1] !== prefix) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 4);
    const { prefixes } = this.zones;
    for (let place = 0; place < prefixes.length; place++) this.slots[this.slotOf(prefixes[place])] = place + 1;
  }
}

function hashOf(digits: string): number {
  let hash = digits.length;
  for (let place = 0; place < digits.length; place++) hash = Math.imul(hash, 31) + digits.charCodeAt(place);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
