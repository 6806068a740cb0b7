/** Who may call a route. A route without a policy does not exist: registration fails. */
import { TollgridError } from '../../platform/errors.ts';

export const SCOPES = [
  'usage:write',
  'usage:read',
  'charges:read',
  'audit:read',
  'metrics:read',
  'suspense:read',
  'suspense:write',
  'registry:read',
  'registry:write',
  'publications:read',
  'publications:write',
  'drafts:write',
  'settlements:write',
  'copies:read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

export interface Policy {
  /** `public`: anybody. `operator`: only commands on this machine, never an API key. */
  scope: Scope | 'public' | 'operator';
  /**
   * `account`: the route itself keeps a caller that is bound to a division to its accounts. `source`: it keeps one that is
   * bound to sources to them. Absent: the route shows or changes the whole system, so both are refused.
   */
  reach?: 'account' | 'source';
}

export interface Principal {
  /** Key id, or `operator`; becomes `by` in the log. */
  id: string;
  operator: boolean;
  scopes: ReadonlySet<Scope>;
  /** Path without slashes at its ends; '' = the whole system. */
  division: string;
  /** Whose usage it may push; null = of all. */
  sources: ReadonlySet<string> | null;
}

export const OPERATOR: Principal = {
  id: 'operator',
  operator: true,
  scopes: new Set(SCOPES),
  division: '',
  sources: null,
};

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: Policy;
  }
  interface FastifyRequest {
    /** Null for anonymous callers of public routes. */
    principal: Principal | null;
  }
}

/** Throws KEY_REQUIRED or SCOPE_MISSING. */
export function authorize(principal: Principal | null, policy: Policy): void {
  const { scope } = policy;
  if (scope === 'public') return;
  if (!principal) throw new TollgridError('KEY_REQUIRED', 'This route needs an API key.');
  if (principal.operator) return;
  if (scope === 'operator') {
    throw new TollgridError('SCOPE_MISSING', 'Only the operator on this machine may do this.', { scope });
  }
  // admin stands for every scope, so that a first key is one word.
  if (!principal.scopes.has(scope) && !principal.scopes.has('admin')) {
    throw new TollgridError('SCOPE_MISSING', `The key lacks the scope ${scope}.`, { scope });
  }
  if (principal.division !== '' && policy.reach !== 'account') {
    throw new TollgridError('SCOPE_MISSING', 'A key bound to a division sees accounts only.', { scope });
  }
  if (principal.sources !== null && policy.reach !== 'source') {
    throw new TollgridError('SCOPE_MISSING', 'A key bound to sources pushes usage only.', { scope });
  }
}

/** Whether an object's division lies in the caller's: the same path or below it. */
export function isWithin(division: string, callers: string): boolean {
  const path = trimSlashes(division);
  return callers === '' || path === callers || path.startsWith(`${callers}/`);
}

/** The division a caller is bound to, as `Principal.division`. Everything lies under the registry's `root`. */
export function divisionOf(path: string): string {
  const trimmed = trimSlashes(path);
  return trimmed === 'root' ? '' : trimmed;
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
