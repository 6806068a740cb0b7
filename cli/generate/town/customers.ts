/** The town's people and what they have: invented names, numbers, logins and meters. */
import { createRandom } from '../../../platform/random.ts';
import { midnightMs } from './local-time.ts';

/** What a registered electricity meter delivers. */
export type ElectricityKind = 'dayNight' | 'interval';

export interface ElectricityPoint {
  meter: string;
  kind: ElectricityKind;
  /** Transformer ratio; 1 when the meter is connected directly. */
  multiplier: number;
}

export interface Customer {
  account: string;
  name: string;
  business: boolean;
  /** E.164 digits. */
  phone?: string;
  phoneTariff?: 'phone-home' | 'phone-business' | 'phone-second';
  /** A number that belongs to this customer for a part of the time; moments as `registry.yaml` takes them. */
  moved?: readonly { number: string; from?: string; to?: string }[];
  /** A block of numbers behind a branch exchange. */
  numberRange?: { from: string; to: string };
  tollFree?: string;
  accountCodes?: readonly string[];
  trunks?: readonly string[];
  login?: string;
  adslTariff?: 'adsl-volume' | 'adsl-night';
  electricity?: ElectricityPoint;
  waterMeter?: string;
}

const HOUSE_NAMES = ['Barvinok', 'Kalyna', 'Topolia', 'Verba', 'Yavir', 'Malva', 'Lypa', 'Yasen', 'Ruta', 'Klen'];
const GIVEN_NAMES = [
  'Anna',
  'Bohdan',
  'Daryna',
  'Hlib',
  'Iryna',
  'Lev',
  'Maria',
  'Nazar',
  'Olena',
  'Petro',
  'Sofia',
  'Taras',
];
const SHOPS = ['Bakery', 'Pharmacy', 'Garage', 'Book Shop', 'Dairy', 'Print House', 'Joinery', 'Nursery'];

/** Numbers of the town's own exchange: 044 220 and four digits. */
export const OWN_PREFIX = '38044220';
/** Who calls it pays nothing: its owner does. */
export const TOLL_FREE_NUMBER = '380800220220';
/** Belongs to two customers, one after the other. */
export const MOVED_NUMBER = `${OWN_PREFIX}8000`;
const FIRST_ACCOUNT = 1001;

/** Customers with a part to play; the rest are shops and households. */
const CAST: Omit<Customer, 'account'>[] = [
  {
    name: 'Hilltop Clinic',
    business: true,
    numberRange: { from: `${OWN_PREFIX}9000`, to: `${OWN_PREFIX}9099` },
    phoneTariff: 'phone-business',
    tollFree: TOLL_FREE_NUMBER,
    electricity: { meter: 'E700001', kind: 'interval', multiplier: 40 },
  },
  {
    name: 'River Hotel',
    business: true,
    accountCodes: ['hotel-office', 'hotel-rooms'],
    phoneTariff: 'phone-second',
    electricity: { meter: 'E700002', kind: 'interval', multiplier: 20 },
  },
  { name: 'Neighbour Telecom', business: true, trunks: ['NT-1', 'NT-2'] },
  {
    name: 'Ice Rink',
    business: true,
    phone: `${OWN_PREFIX}0001`,
    phoneTariff: 'phone-business',
    electricity: { meter: 'E700003', kind: 'interval', multiplier: 30 },
  },
];

function shop(index: number, name: string): Omit<Customer, 'account'> {
  return {
    name,
    business: true,
    phone: `${OWN_PREFIX}${String(index).padStart(4, '0')}`,
    phoneTariff: 'phone-business',
    waterMeter: `W3${String(index).padStart(5, '0')}`,
    ...(index % 2 === 0 ? { login: `shop${index}@town`, adslTariff: 'adsl-volume' as const } : {}),
  };
}

/** A number goes from one shop to the next at noon: what counts is whose it is when a call is made. */
function moveNumber(customers: Customer[], day: string): void {
  const [before, after] = customers.slice(CAST.length, CAST.length + 2);
  const noon = new Date(midnightMs(day) + 12 * 3_600_000).toISOString().replace('.000', '');
  before.moved = [{ number: MOVED_NUMBER, to: noon }];
  after.moved = [{ number: MOVED_NUMBER, from: noon }];
}

/**
 * The accounts of the town, in order of their numbers.
 * @param day `yyyy-mm-dd`; on it a number changes hands.
 */
export function createCustomers(seed: number, count: number, day: string): Customer[] {
  const random = createRandom(seed, 'customers');
  const customers: Customer[] = [];
  for (let index = 0; index < count; index++) {
    const account = `A-${FIRST_ACCOUNT + index}`;
    if (index < CAST.length) {
      customers.push({ account, ...CAST[index] });
      continue;
    }
    if (index < CAST.length + SHOPS.length) {
      customers.push({ account, ...shop(index, `${random.pick(HOUSE_NAMES)} ${SHOPS[index - CAST.length]}`) });
      continue;
    }
    const id = String(index).padStart(4, '0');
    const customer: Customer = {
      account,
      name: `${random.pick(GIVEN_NAMES)} ${random.pick(HOUSE_NAMES)} ${id}`,
      business: false,
    };
    if (random.chance(85)) {
      customer.phone = `${OWN_PREFIX}${id}`;
      customer.phoneTariff = random.chance(80) ? 'phone-home' : 'phone-second';
    }
    if (random.chance(22)) {
      customer.login = `home${id}@town`;
      customer.adslTariff = random.chance(50) ? 'adsl-volume' : 'adsl-night';
    }
    if (random.chance(65))
      customer.electricity = { meter: `E1${id.padStart(5, '0')}`, kind: 'dayNight', multiplier: 1 };
    if (random.chance(50)) customer.waterMeter = `W1${id.padStart(5, '0')}`;
    customers.push(customer);
  }
  moveNumber(customers, day);
  return customers;
}
