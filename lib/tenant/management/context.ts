import type { TenantLogEntry } from '../log.ts'
import type { LoginAttempts } from '../login-attempts.ts'
import type { TenantState } from '../state.ts'
import type { ManagementFaults } from './faults.ts'

/** What the Management API needs of the tenant. A TenantContext is one. */
export interface ManagementContext {
  state: TenantState
  clock(): Date
  /** Scopes of the bearer token, `undefined` when it is not acceptable. */
  managementScopes(
    authorization: string | undefined,
    origin: string,
  ): Promise<ReadonlySet<string> | undefined>
  /** For `/user-blocks`. @defaultValue nobody is blocked */
  loginAttempts?: LoginAttempts
  /** Gets the log entry of an unexpected error. @defaultValue it is thrown */
  record?(entry: Omit<TenantLogEntry, 'date'>): void
  /** Switches of a test. @defaultValue nothing goes wrong */
  faults?: ManagementFaults
}
