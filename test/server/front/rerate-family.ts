/** A shop, a family that shares an allowance over two accounts, and their light. */
const HEAD = `effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
tax: { percent: 20, included: true }
`;

/** Prices in UAH: a minute, a kWh. */
export const shop = (minute: string): string => `name: shop
service: voice
${HEAD}rounding: { at: record, mode: half-up, decimals: 2 }
rules: [{ price: { price: ${minute}, per: 1min, first: 1min, then: 1min } }]
`;
export const family = (minute: string, free = '100min'): string => `name: family
service: voice
${HEAD}rounding: { at: line, mode: half-up, decimals: 2 }
rules: [{ price: { price: ${minute}, per: 1min, first: 1min, then: 1min } }]
period:
  allowances: [{ component: shared, quantity: ${free}, scope: group }]
`;
export const light = (kwh: string): string => `name: light
service: electricity
${HEAD}rounding: { at: line, mode: half-up, decimals: 2 }
crossing: prorate
rules: [{ component: energy, price: { price: ${kwh}, per: 1kWh } }]
`;

export const REGISTRY = `parties: [{ id: P-1, name: Family }]
accounts:
  - { id: A-1, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }
  - { id: A-2, partyId: P-1, currency: UAH, timeZone: Europe/Kyiv }
subscriptions:
  - id: S-mother
    accountId: A-1
    identifiers: [{ kind: number, value: '380440000001' }]
    tariffs: [{ view: retail, service: voice, tariff: family }]
    attributes: [{ name: group, value: kovalenko }]
  - id: S-son
    accountId: A-2
    identifiers: [{ kind: number, value: '380440000002' }]
    tariffs: [{ view: retail, service: voice, tariff: family }]
    attributes: [{ name: group, value: kovalenko }]
  - id: S-shop
    accountId: A-2
    identifiers: [{ kind: number, value: '380440000003' }]
    tariffs: [{ view: retail, service: voice, tariff: shop }]
  - id: S-light
    accountId: A-1
    usagePoint: true
    identifiers: [{ kind: meter, value: M1 }]
    tariffs: [{ view: retail, service: electricity, tariff: light }]
`;

export const GUIDING = `guiding: test
rules:
  - { class: call.originating, views: [{ view: retail, by: [callingParty] }] }
  - { class: 'electricity.*', views: [{ view: retail, by: [meter] }] }
`;

export const READINGS = [
  'meter,register,readAt,value,unit,quality',
  'M1,1.8.0,2026-10-01T00:00:00,1000,kWh,actual',
  'M1,1.8.0,2026-10-28T00:00:00,1040,kWh,actual',
  'M1,1.8.0,2026-11-11T00:00:00,1082,kWh,actual',
];
