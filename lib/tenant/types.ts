import type { Execution, ManagementClient, TenantContext } from './context.ts'
import type { IssuedTokens, IssueTokensOptions } from './issue-tokens.ts'
import type { TenantLogEntry } from './log.ts'
import type { TenantState } from './state.ts'

/** Where the deploy CLI reaches a local tenant, and as whom. */
export interface ManagementAccess {
  /** Always https, as the deploy CLI asks for it; e.g. `https://localhost:4430`. */
  url: string
  /** PEM of the certificate behind `url`. */
  certificate: string
  client: ManagementClient
}

/** A local tenant that is listening. */
export interface Tenant {
  /** For apps, e.g. `http://localhost:4000`. */
  url: string
  /** With the final slash: the `iss` of its tokens. */
  issuer: string
  /** Listens for the deploy CLI from the first call on: a certificate takes as long to make as the whole start. */
  management(): Promise<ManagementAccess>
  state: TenantState
  /** What Auth0's tenant log would show, newest last; at most about a thousand entries. */
  log: TenantLogEntry[]
  /** What the Actions did at each login and refresh, newest last. */
  executions: Execution[]
  context: TenantContext
  /** Tokens without browser and password, by e-mail address, user name or user id. */
  issueTokens(user: string, options?: IssueTokensOptions): Promise<IssuedTokens>
  /**
   * Invites somebody to an organization, as the Management API does: returns the two parameters that the app sends
   * on to `/authorize`. Sends no mail. Lives for seven days.
   *
   * @param organization Its id or name.
   * @param roles Names of roles of the tenant.
   * @throws {ToolkitError} `ERR_USAGE` for an organization or a role that does not exist, and for what is no address.
   */
  invite(
    organization: string,
    email: string,
    roles?: readonly string[],
  ): { invitation: string; organization: string }
  stop(): Promise<void>
}
