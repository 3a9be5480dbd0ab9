/**
 * For test suites of an API: tokens of an issuer of your own, good ones and each kind of bad one. The entry point
 * `auth0-claims-verify/testing`; `auth0-claims/testing` has the same and more.
 */
export type { AttackLevel, Judgement } from './attack-levels.ts'
export { type Prover, proverFor } from './bad-proofs.ts'
export type { RequestTrick } from './bad-requests.ts'
export type { BadToken } from './bad-tokens.ts'
export type { GoodToken } from './good-tokens.ts'
export { type ServedTestIssuer, type ServedTestIssuerOptions, serveTestIssuer } from './node-test-issuer.ts'
export {
  type BadTokenOptions,
  createTestIssuer,
  type GoodTokenOptions,
  type TestIssuer,
  type TestIssuerOptions,
  type TestTokenOptions,
} from './test-issuer.ts'
