export {
  apiRefusal,
  grantTypeRefusal,
  scopesRefusal,
  UNKNOWN_PRIMARY_USER,
  unknownApi,
  userRefusal,
} from './access.ts'
export {
  isPublic,
  isThirdParty,
  newApplicationSettings,
} from './applications.ts'
export type {
  AccessPolicy,
  Api,
  Application,
  ClientGrant,
  Organization,
  RefreshTokenSettings,
  Refusal,
  Role,
} from './facts.ts'
export {
  type AskedEnds,
  type Ends,
  hasEnded,
  isRotating,
  OPAQUE_TOKEN_LIFETIME,
  refreshTokenEnds,
  SESSION_SETTINGS,
  sessionEnds,
} from './lifetimes.ts'
export {
  type EventFacts,
  loginEvent,
  type RefreshTokenFacts,
  type SessionFacts,
} from './login-event.ts'
export {
  type MachineAccess,
  machineAccess,
  machineEvent,
  machineTokenContext,
} from './machines.ts'
export {
  asksBeforeLogin,
  membershipRefusal,
  ORGANIZATION_REQUIRED,
  organizationAfterLogin,
  organizationUseRefusal,
  roleNamesIn,
  unknownOrganization,
} from './organizations.ts'
export { refreshTarget, UNKNOWN_REFRESH_TOKEN } from './refresh.ts'
export {
  grantedScopes,
  OIDC_SCOPES,
  refusedScopes,
  requestedScopes,
  rolesNamed,
  type ScopeRefusal,
  scopeNames,
} from './scopes.ts'
export { type TokenFacts, tokenContext } from './token-context.ts'
export { profileDefaults } from './users.ts'
