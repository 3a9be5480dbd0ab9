import { ALL_ALGORITHMS, isSymmetric } from './algorithms.ts'
import {
  checkedOptions,
  mustBeAddress,
  mustBeBoolean,
  mustBeListOf,
  mustBeOneOf,
  mustBeScope,
  mustBeText,
  type OptionTable,
  usage,
} from './must-be.ts'
import type { DpopAlgorithm, VerifyAlgorithm } from './types.ts'

export interface ProtectedResourceOptions {
  /** Public address of the API: https, without a fragment. Clients compare it exactly. */
  resource: string
  /** Issuers whose tokens the API takes, e.g. `https://acme.eu.auth0.com/`. */
  authorizationServers: readonly string[]
  scopes?: readonly string[]
  /** For people. */
  name?: string
  /** Address of documentation for developers. */
  documentation?: string
  policy?: string
  termsOfService?: string
  /** Algorithms of DPoP proofs; left out where the API takes none. */
  dpopAlgorithms?: readonly DpopAlgorithm[]
  /** Whether tokens must be bound to a key. */
  dpopRequired?: boolean
  /** Algorithms that the API itself signs answers with. */
  signingAlgorithms?: readonly VerifyAlgorithm[]
}

export interface ProtectedResource {
  /** Where the document must be served, e.g. `/.well-known/oauth-protected-resource`. */
  path: string
  /** The same as an address: `resourceMetadata` of a verifier. */
  url: string
  /** To be served as `application/json`. */
  document: Readonly<Record<string, unknown>>
}

const TABLE: OptionTable<ProtectedResourceOptions> = {
  resource: mustBeAddress,
  authorizationServers: mustBeListOf(mustBeAddress),
  scopes: mustBeListOf(mustBeScope, { empty: true }),
  name: mustBeText,
  documentation: mustBeAddress,
  policy: mustBeAddress,
  termsOfService: mustBeAddress,
  dpopAlgorithms: mustBeListOf(mustBeOneOf(...ALL_ALGORITHMS.filter((name) => !isSymmetric(name)))),
  dpopRequired: mustBeBoolean,
  signingAlgorithms: mustBeListOf(mustBeOneOf(...ALL_ALGORITHMS)),
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/**
 * The metadata of an API, from which a client finds out where to get tokens. With `url` as the verifier's
 * `resourceMetadata`, each refusal points there.
 *
 * @throws {ToolkitError} `ERR_USAGE` with the name of an option that is wrong.
 * @see RFC 9728 sections 2, 3.1 and 5.1
 */
export function protectedResource(given: ProtectedResourceOptions): ProtectedResource {
  const options = checkedOptions('protectedResource', given, TABLE)
  const { resource, authorizationServers } = options
  if (resource === undefined) throw usage('protectedResource', '"resource" is needed: the address of the API')
  if (authorizationServers === undefined) {
    throw usage('protectedResource', '"authorizationServers" is needed: the issuers')
  }
  const address = new URL(resource)
  // Between host and path; a path that is only the slash is left out.
  const path = WELL_KNOWN + (address.pathname === '/' ? '' : address.pathname) + address.search
  const members = {
    resource,
    authorization_servers: authorizationServers,
    scopes_supported: options.scopes,
    bearer_methods_supported: ['header'],
    resource_signing_alg_values_supported: options.signingAlgorithms,
    resource_name: options.name,
    resource_documentation: options.documentation,
    resource_policy_uri: options.policy,
    resource_tos_uri: options.termsOfService,
    dpop_signing_alg_values_supported: options.dpopAlgorithms,
    dpop_bound_access_tokens_required: options.dpopRequired,
  }
  return {
    path,
    url: address.origin + path,
    document: Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)),
  }
}
