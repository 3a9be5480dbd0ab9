export { type AuthorizationParameters, authorizationUrl, readCallback } from './authorization.ts'
export {
  clientCredentials,
  discover,
  type EndpointOptions,
  exchangeCode,
  type Fetch,
  refresh,
  revoke,
  type TokenResponse,
  userinfo,
  type VerifyIdTokenOptions,
  verifyIdToken,
} from './endpoints.ts'
export { OAuthClientError, type OAuthFacts } from './errors.ts'
export { type LoopbackListener, listenOnLoopback } from './loopback.ts'
export { codeChallenge, createCodeVerifier, randomValue } from './pkce.ts'
export { logIn, type UserAgentOptions, type UserAgentResult, type UserAgentStep } from './user-agent.ts'
