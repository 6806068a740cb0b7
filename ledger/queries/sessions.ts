/** Sessions of access servers: what packets brought, and the sessions that go on. */
import { queryRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { decodeCursor, pageOf, type Page, type PageRequest } from './page.ts';

/** Total of a session at a moment: bytes up and down. */
export interface SessionMark {
  atMs: number;
  up: number;
  down: number;
}

/** What one packet said of its session. */
export interface SessionPacket {
  entryNo: number;
  recordNo: number;
  /** 32 hex digits. */
  session: string;
  event: 'start' | 'interim' | 'stop';
  nas: string;
  sessionId: string;
  login: string;
  startMs: number;
  counted: number;
  countedUp: number;
  /** Null when it brought nothing new. */
  part: { startMs: number; before: SessionMark | null; after: SessionMark; marks: SessionMark[] } | null;
}

type PacketRow = Record<
  'entry' | 'record' | 'startMs' | 'counted' | 'countedUp' | 'hasPart' | 'beforeMs' | 'beforeTotal' | 'beforeUp',
  string
> &
  Record<'afterMs' | 'total' | 'totalUp' | 'marks' | 'sessionHex' | 'event' | 'nas' | 'sessionId' | 'login', string>;

/** Entries asked for at once: their numbers travel in the URL. */
const ENTRIES_AT_ONCE = 500;

/** What packets of some entries said of their sessions, by address `entry.record`. */
export async function sessionPackets(
  client: LedgerClient,
  entryNos: readonly number[],
): Promise<Map<string, SessionPacket>> {
  const found = new Map<string, SessionPacket>();
  for (let first = 0; first < entryNos.length; first += ENTRIES_AT_ONCE) {
    const rows = await queryRows<PacketRow>(
      client,
      `SELECT entry_no AS entry, record_no AS record, lower(hex(session)) AS sessionHex, event, nas,
         session_id AS sessionId, login, toUnixTimestamp64Milli(start_at) AS startMs, counted, counted_up AS countedUp,
         has_part AS hasPart, toUnixTimestamp64Milli(before_at) AS beforeMs, before_quantity AS beforeTotal,
         before_up AS beforeUp, toUnixTimestamp64Milli(after_at) AS afterMs, quantity AS total, quantity_up AS totalUp, marks
       FROM sessions WHERE entry_no IN {entries:Array(UInt64)} AND event != 'closed'
       ORDER BY entry, record, posted_entry`,
      { entries: entryNos.slice(first, first + ENTRIES_AT_ONCE) },
    );
    for (const row of rows) found.set(`${row.entry}.${row.record}`, toPacket(row));
  }
  return found;
}

function toPacket(row: PacketRow): SessionPacket {
  const startMs = Number(row.startMs);
  const [total, up, before, beforeUp] = [row.total, row.totalUp, row.beforeTotal, row.beforeUp].map(Number);
  return {
    entryNo: Number(row.entry),
    recordNo: Number(row.record),
    session: row.sessionHex,
    event: row.event as SessionPacket['event'],
    nas: row.nas,
    sessionId: row.sessionId,
    login: row.login,
    startMs,
    counted: Number(row.counted),
    countedUp: Number(row.countedUp),
    part:
      Number(row.hasPart) === 0
        ? null
        : {
            startMs,
            before:
              Number(row.hasPart) === 1 ? null : { atMs: Number(row.beforeMs), up: beforeUp, down: before - beforeUp },
            after: { atMs: Number(row.afterMs), up, down: total - up },
            marks: marksOf(row.marks),
          },
  };
}

function marksOf(text: string): SessionMark[] {
  if (text === '') return [];
  return text.split(' ').map((mark) => {
    const [atMs, up, down] = mark.split(':').map(Number) as [number, number, number];
    return { atMs, up, down };
  });
}

export interface SessionState {
  /** 32 hex digits. */
  session: string;
  nas: string;
  sessionId: string;
  login: string;
  /** 0 while no packet with counters was charged to anybody. */
  accountNo: number;
  subscriptionNo: number;
  source: string;
  startMs: number;
  lastMs: number;
  /** Bytes so far, both ways and up. */
  quantity: number;
  quantityUp: number;
  /** Why it is closed; '' while it goes on. */
  closed: string;
  /** What its parts cost so far, by currency: decimal text. */
  charges: { currency: string; amount: string }[];
}

export interface SessionFilter extends PageRequest {
  /** Also those that are closed. */
  all?: boolean;
  accountNo?: number;
  login?: string;
  nas?: string;
}

type StateRow = Record<
  'sessionHex' | 'nas' | 'sessionId' | 'login' | 'source' | 'startMs' | 'lastMs' | 'total' | 'totalUp' | 'closedBy',
  string
> & { accountNo: number; subscriptionNo: number };

/** By start, then session: the newest first. */
export async function listSessions(client: LedgerClient, filter: SessionFilter): Promise<Page<SessionState>> {
  const params: QueryParameters = { limit: filter.limit + 1 };
  const where = ['1'];
  const having = [filter.all === true ? '1' : `closedBy = ''`];
  if (filter.login !== undefined) {
    where.push('s.login = {login:String}');
    params['login'] = filter.login;
  }
  if (filter.nas !== undefined) {
    where.push('s.nas = {nas:String}');
    params['nas'] = filter.nas;
  }
  if (filter.accountNo !== undefined) {
    having.push('accountNo = {account:UInt32}');
    params['account'] = filter.accountNo;
  }
  if (filter.cursor !== undefined) {
    const [startMs, session] = decodeCursor(filter.cursor, ['integer', 'hex']);
    Object.assign(params, { startMs, session });
    where.push(
      `(toUnixTimestamp64Milli(start_at), session) < ({startMs:Int64}, toFixedString(unhex({session:String}), 16))`,
    );
  }
  const order = '(posted_entry, entry_no, record_no)';
  const rows = await queryRows<StateRow>(
    client,
    `SELECT lower(hex(session)) AS sessionHex, any(s.nas) AS nas, any(session_id) AS sessionId, any(s.login) AS login,
       argMax(s.source, ${order}) AS source, max(account_no) AS accountNo, max(subscription_no) AS subscriptionNo,
       any(toUnixTimestamp64Milli(start_at)) AS startMs, max(toUnixTimestamp64Milli(last_at)) AS lastMs,
       max(s.quantity) AS total, max(s.quantity_up) AS totalUp, argMax(s.closed, ${order}) AS closedBy
     FROM sessions AS s WHERE ${where.join(' AND ')}
     GROUP BY session HAVING ${having.join(' AND ')}
     ORDER BY startMs DESC, session DESC LIMIT {limit:UInt32}`,
    params,
  );
  const page = pageOf(rows, filter.limit, (row) => [Number(row.startMs), row.sessionHex]);
  const charges = await chargesOf(
    client,
    page.items.map(({ sessionHex }) => sessionHex),
  );
  return { ...page, items: page.items.map((row) => toState(row, charges.get(row.sessionHex) ?? [])) };
}

function toState(
  { sessionHex, startMs, lastMs, total, totalUp, closedBy, ...rest }: StateRow,
  charges: SessionState['charges'],
): SessionState {
  return {
    ...rest,
    session: sessionHex,
    startMs: Number(startMs),
    lastMs: Number(lastMs),
    quantity: Number(total),
    quantityUp: Number(totalUp),
    closed: closedBy,
    charges,
  };
}

async function chargesOf(
  client: LedgerClient,
  sessions: readonly string[],
): Promise<Map<string, SessionState['charges']>> {
  const found = new Map<string, SessionState['charges']>();
  if (sessions.length === 0) return found;
  const ours = `SELECT entry_no, record_no, session, account_no FROM sessions
    WHERE session IN (SELECT toFixedString(unhex(arrayJoin({sessions:Array(String)})), 16)) AND has_part > 0`;
  const rows = await queryRows<{ sessionHex: string; currency: string; amount: string }>(
    client,
    `SELECT lower(hex(session)) AS sessionHex, currency, toString(sum(c.amount)) AS amount
     FROM charges AS c INNER JOIN (SELECT DISTINCT entry_no, record_no, session FROM (${ours})) AS s
       ON c.entry_no = s.entry_no AND c.record_no = s.record_no
     WHERE c.account_no IN (SELECT account_no FROM (${ours})) AND c.kind != 'settlement' AND currency != ''
       AND (c.entry_no, c.record_no) IN (SELECT entry_no, record_no FROM (${ours}))
     GROUP BY sessionHex, currency ORDER BY currency`,
    { sessions },
  );
  for (const { sessionHex, currency, amount } of rows) {
    found.set(sessionHex, [...(found.get(sessionHex) ?? []), { currency, amount }]);
  }
  return found;
}

/** Sessions whose parts do not add up to their total, and parts whose charges say another quantity in some view. */
export async function sessionDifferences(client: LedgerClient): Promise<{ sessions: number; findings: string[] }> {
  const sums = await queryRows<{ sessionHex: string; parts: string; total: string }>(
    client,
    `SELECT lower(hex(session)) AS sessionHex, toString(sum(if(has_part > 0, quantity - before_quantity, 0))) AS parts,
       toString(max(quantity)) AS total
     FROM sessions AS s GROUP BY session
     HAVING sum(if(has_part > 0, s.quantity - before_quantity, 0)) != max(s.quantity) LIMIT 20`,
  );
  const charged = await queryRows<{ address: string; view: string; part: string; posted: string }>(
    client,
    `SELECT concat(toString(c.entry_no), '.', toString(c.record_no)) AS address, view, toString(any(s.part)) AS part,
       toString(sum(c.quantity)) AS posted
     FROM charges AS c INNER JOIN (
       SELECT entry_no, record_no, any(quantity - before_quantity) AS part FROM sessions WHERE has_part > 0
       GROUP BY entry_no, record_no
     ) AS s ON c.entry_no = s.entry_no AND c.record_no = s.record_no
     WHERE c.kind != 'settlement' GROUP BY c.entry_no, c.record_no, view
     HAVING sum(c.quantity) != any(s.part) AND sum(c.sign) != 0 LIMIT 20`,
  );
  const [{ n }] = await queryRows<{ n: string }>(client, 'SELECT uniqExact(session) AS n FROM sessions');
  return {
    sessions: Number(n),
    findings: [
      ...sums.map(
        ({ sessionHex, parts, total }) => `session ${sessionHex}: its parts are ${parts}, its counters ${total}`,
      ),
      ...charged.map(
        ({ address, view, part, posted }) =>
          `packet ${address} brought ${part}, its charges in view ${view} say ${posted}`,
      ),
    ],
  };
}
