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
  if (file.zonesFile !== undefined) readZonesFile(file.zonesFile, readSideFile, collector, mistakes);
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

function readZonesFile(
  name: string,
  readSideFile: ReadSideFile,
  collector: PrefixCollector,
  mistakes: MistakeList,
): void {
  let text: string;
  try {
    text = readSideFile(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    mistakes.add(
      ['zonesFile'],
      `\`${name}\` cannot be read: ${reason}.`,
      'Put the file beside the tariff or correct the name.',
    );
    return;
  }
  let line = 0;
  for (let start = 0; start < text.length;) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    line++;
    const row = text.slice(start, end).trim();
    start = end + 1;
    if (row === '' || row.startsWith('#') || (line === 1 && row === 'prefix,zone')) continue;
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
    const other = collector.add(prefix, zone);
    if (other !== null)
      mistakes.addIn(name, line, `Prefix \`${prefix}\` already stands in zone \`${other}\`.`, 'Keep it once.');
  }
  if (collector.zones.prefixes.length === 0)
    mistakes.addIn(name, 1, 'There is no prefix in it.', 'Write lines like `38044,kyiv`.');
}

class PrefixCollector {
  readonly zones: ZonesModel = { names: [], prefixes: [], zoneOfPrefix: [] };
  private readonly numbers = new Map<string, number>();
  private readonly seen = new Map<string, number>();

  /** The zone that already has the prefix, or null when it is new. */
  add(prefix: string, zone: string): string | null {
    const { names, prefixes, zoneOfPrefix } = this.zones;
    let number = this.numbers.get(zone);
    if (number === undefined) {
      number = names.push(zone) - 1;
      this.numbers.set(zone, number);
    }
    const other = this.seen.get(prefix);
    if (other !== undefined) return names[other];
    this.seen.set(prefix, number);
    prefixes.push(prefix);
    zoneOfPrefix.push(number);
    return null;
  }
}
