/** Audit, statements and verification, as the HTTP edge asks for them. */
import { TollgridError } from '../../platform/errors.ts';
import { retiredPublicKey, SigningKey } from '../../platform/signing.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import type { RegistryChange } from '../../registry/index.ts';
import type { AuditServices } from '../http/index.ts';
import path from 'node:path';
import { AuditClock } from './audit-clock.ts';
import { auditNow } from './audit-now.ts';
import type { FrontParts } from './front.ts';
import { ReferenceHistory } from './reference-history.ts';
import { checkStatements } from './statement-check.ts';
import { statementHash, StatementStore } from './statement-store.ts';
import { makeStatement, type StatementParts } from './statements.ts';
import { verifyRegistry } from './verify-registry.ts';
import { version } from './version.ts';

const WAIT_MS = 600_000;

export function auditServices(front: FrontParts): AuditServices {
  const { processed, children } = front;
  const parts = statementParts(front);
  // One at a time: two would both follow from the same one.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    audit: async ({ wait, ...wish }) => {
      const head = front.headNo;
      if (wait) await processed.reachedWithin(head, WAIT_MS);
      return auditNow(front, wish, wait ? head : 0);
    },

    verify: async () => {
      if (!(await processed.reachedWithin(front.headNo, WAIT_MS))) {
        throw new TollgridError('WAIT_TIMED_OUT', 'The ledger has not caught up with the log.');
      }
      const { registry } = front;
      const stored = await children.verify();
      const applied = registry.applied();
      const found = await verifyRegistry({
        applied,
        lastEntry: front.state.lastRegistryEntry,
        logged: () => loggedChanges(front, applied),
        images: () => registry.queries.images(),
      });
      const checks = [...stored, ...found];
      front.metrics.metrics.tollgrid_verify_failed_checks.set(checks.filter(({ ok }) => !ok).length);
      return { ok: stored.length > 0 && checks.every(({ ok }) => ok), checks };
    },

    statements: async () => {
      const items = [];
      for (const date of await parts.store.dates()) {
        const statement = await parts.store.read(date).catch(() => null);
        if (statement === null) continue;
        const { fromEntry, toEntry, closes } = statement;
        items.push({ date, fromEntry, toEntry, closes, sha256: statementHash(statement) });
      }
      return { items };
    },
    statement: (date) => parts.store.read(date),
    makeStatement: (date) => {
      const made = turn.then(() => makeStatement(parts, date));
      turn = made.catch(() => undefined);
      return made;
    },
    verifyStatements: (wish) => checkStatements(parts, wish),
    statementKey: async () => {
      const { publicKey } = await parts.key();
      return { id: publicKey.id, publicKey: publicKey.pem };
    },
  };
}

async function* loggedChanges({ state, reader }: FrontParts, upTo: number): AsyncGenerator<RegistryChange[]> {
  for await (const { type, body } of new ReferenceHistory(reader, state).every(upTo)) {
    if (type !== EntryType.registry) continue;
    yield JSON.parse(Buffer.from(body).toString('utf8')) as RegistryChange[];
  }
}

function statementParts(front: FrontParts): StatementParts {
  const { dataDir } = front.config;
  let key: Promise<SigningKey> | null = null;
  return {
    store: new StatementStore(path.join(dataDir, 'statements')),
    key: () => {
      key ??= SigningKey.open(path.join(dataDir, 'keys'), 'statements');
      key.catch(() => (key = null));
      return key;
    },
    retiredKey: (id) => retiredPublicKey(path.join(dataDir, 'keys'), 'statements', id),
    ledger: () => front.children.ledger,
    reader: front.reader,
    clock: front.clock,
    version,
    headNo: () => front.headNo,
    firstEntry: () => front.state.firstEntry,
    processed: (entryNo) => front.processed.reachedWithin(entryNo, WAIT_MS),
  };
}

/** Audits and statements that nobody has to ask for. */
export function auditClock(front: FrontParts, services: AuditServices): AuditClock {
  const { audit } = front.config;
  return new AuditClock({
    clock: front.clock,
    log: front.logger,
    auditEveryMinutes: audit.everyMinutes,
    dailyStatements: audit.dailyStatements,
    idle: () => front.inFlightEntries === 0,
    audit: () => services.audit({ wait: false }),
    firstAcceptedMs: () => front.state.firstAcceptedMs,
    hasStatement: async (date) => (await services.statement(date)) !== null,
    makeStatement: (date) => services.makeStatement(date),
  });
}
