import type { PostLoginEvent } from '../action/index.ts'

/** Who logs in, where, and for what. */
export interface LoginOptions {
  /** E-mail address or user id of tenant.local.yaml. @defaultValue the first user */
  user?: string
  /** Name or client id of tenant.yaml. @defaultValue the first client */
  client?: string
  /**
   * Identifier of an API. `''` for none.
   * @defaultValue the tenant's default audience, which counts for `''` too, else the first API
   */
  audience?: string
  /** Space-separated. @defaultValue `openid profile email` and every scope of the API */
  scope?: string
  /** Name or id of an organization. @defaultValue the one that the tenant would choose, if any */
  organization?: string
  /**
   * Host name of the tenant, or of a custom domain: the issuer, `event.request.hostname` and, for one of Auth0's, the
   * name of the tenant.
   * @defaultValue `acme.example`
   */
  domain?: string
  /**
   * A refresh, by an application whose user has no session any more, and a password grant have the event of their own.
   * @defaultValue `oidc-basic-profile`
   */
  protocol?: NonNullable<PostLoginEvent['transaction']>['protocol']
}
