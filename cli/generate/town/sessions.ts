/** ADSL sessions of one day: counters as an access server counts them. */
import { createRandom } from '../../../platform/random.ts';

export interface SessionPart {
  kind: 'Start' | 'Interim-Update' | 'Stop';
  atMs: number;
  seconds: number;
  /** Octets from the subscriber, and to the subscriber, since the session began. */
  inOctets: number;
  outOctets: number;
}

export interface Session {
  login: string;
  id: string;
  port: number;
  address: string;
  parts: SessionPart[];
}

const INTERIM_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/** The shop with the largest sessions. */
const HEAVY_LOGIN = 'shop10@town';

/** One session per login, some have two; each starts and ends on the day. */
export function createSessions(seed: number, midnight: number, logins: readonly string[]): Session[] {
  const random = createRandom(seed, 'sessions');
  const sessions: Session[] = [];
  logins.forEach((login, index) => {
    let from = random.between(0, 50_000);
    const count = random.chance(20) ? 2 : 1;
    for (let n = 0; n < count && from < DAY_SECONDS - 7200; n++) {
      const seconds = login === HEAVY_LOGIN ? 9000 : random.between(300, Math.min(9000, DAY_SECONDS - from - 60));
      // Octets per second. The print house sends whole books: its counters pass 32 bits, which Gigawords must carry.
      const down = login === HEAVY_LOGIN ? 600_000 : random.between(500, 15_000);
      const up = Math.floor(down / random.between(6, 20));
      const part = (kind: SessionPart['kind'], after: number): SessionPart => ({
        kind,
        atMs: midnight + (from + after) * 1000,
        seconds: after,
        inOctets: after * up,
        outOctets: after * down,
      });
      const parts = [part('Start', 0)];
      for (let after = INTERIM_SECONDS; after < seconds; after += INTERIM_SECONDS)
        parts.push(part('Interim-Update', after));
      parts.push(part('Stop', seconds));
      sessions.push({
        login,
        id: `81${random.uint32().toString(16).padStart(8, '0')}`,
        port: 100 + index,
        address: `10.20.${index >> 8}.${(index & 255) + 1}`,
        parts,
      });
      from += seconds + random.between(600, 6000);
    }
  });
  return sessions;
}
