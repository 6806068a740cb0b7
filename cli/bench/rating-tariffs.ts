/** Tariffs of the benchmark, and a small generator of its own, so that figures repeat. */
export type Random = (below: number) => number;

export function makeRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function makePrefixes(count: number, random: Random): string[] {
  const prefixes = new Set<string>();
  while (prefixes.size < count) {
    const length = 3 + random(count > 100_000 ? 7 : 5);
    let prefix = String(1 + random(9));
    while (prefix.length < length) prefix += String(random(10));
    prefixes.add(prefix);
  }
  return [...prefixes];
}

const head = (service: string, at: string) => `name: bench
effective: 2020-01-01
currency: UAH
timeZone: Europe/Kyiv
service: ${service}
tax: { percent: 20, included: true }
rounding: { at: ${at}, mode: half-up, decimals: 2 }
`;

/** 200 zones by day and by night, a setup fee and steps of a second. */
export function callTariff(): string {
  const price = (amount: string) => `{ setup: 0.25, price: ${amount}, per: 1min, first: 1s, then: 1s }`;
  const rules = Array.from({ length: 200 }, (_, zone) => [
    `  - { zone: zone-${zone}, band: day, price: ${price(`${zone}.37`)} }`,
    `  - { zone: zone-${zone}, band: night, price: ${price(`${zone}.21`)} }`,
  ]);
  return `${head('voice', 'record')}
holidays: [2026-01-01, 2026-12-25]
bands:
  day: [{ days: [workday], from: '08:00', to: '20:00' }]
  night: [{ days: [workday], from: '20:00', to: '08:00' }, { days: [weekend, holiday] }]
zones: { rest: [''] }
zonesFile: zones.csv
rules:
  - { zone: rest, price: ${price('9.9')} }
${rules.flat().join('\n')}
`;
}

/** Started kilobytes in three bands; a session that spans them is divided by time. */
export function dataTariff(): string {
  return `${head('data', 'record')}
bands:
  day: [{ from: '08:00', to: '18:00' }]
  evening: [{ from: '18:00', to: '23:00' }]
  night: [{ from: '23:00', to: '08:00' }]
crossing: prorate
rules:
  - { band: day, price: { price: 0.35, per: 1MB, unit: started, step: 1kB } }
  - { band: evening, price: { price: 0.25, per: 1MB, unit: started, step: 1kB } }
  - { band: night, price: { price: 0.15, per: 1MB, unit: started, step: 1kB } }
`;
}

/** Three zones of the day; the line of the month is rounded. */
export function powerTariff(): string {
  return `${head('electricity', 'line')}
bands:
  peak: [{ from: '08:00', to: '11:00' }, { from: '20:00', to: '22:00' }]
  half-peak: [{ from: '07:00', to: '08:00' }, { from: '11:00', to: '20:00' }, { from: '22:00', to: '23:00' }]
  night: [{ from: '23:00', to: '07:00' }]
rules:
  - { band: peak, component: peak, price: { price: 6.48, per: 1kWh } }
  - { band: half-peak, component: half-peak, price: { price: 4.32, per: 1kWh } }
  - { band: night, component: night, price: { price: 1.728, per: 1kWh } }
`;
}
