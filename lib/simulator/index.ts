export {
  type DeepPartial,
  postLoginEvent,
  type SimulatedEvent,
} from '../triggers/post-login/ordinary-login.ts'
export {
  isTokenRequest,
  passwordGrantOf,
  refreshOf,
  SITUATIONS,
  type Situation,
  situation,
} from '../triggers/post-login/situations.ts'
export {
  eventFor,
  type Login,
  type LoginOptions,
  loginFor,
  loginOfEvent,
  tokenContextOf,
  withTargetScopes,
} from './login.ts'
export { type ClaimMatchers, claimMatchers } from './matchers.ts'
export { runRules } from './run-rules.ts'
export { runTrigger } from './run-trigger.ts'
export { settleTokens } from './settle-tokens.ts'
export { type Simulation, simulateLogin } from './simulate-login.ts'
export { traceScopes } from './trace-scopes.ts'
export type {
  ActionRun,
  ClaimWrite,
  Expiry,
  InteractionError,
  LoginState,
  PipelineOptions,
  PipelineResult,
  RecordedCommand,
  SettledTokens,
  Suspension,
  TracedScope,
  TracedWrite,
  WriteVerdict,
} from './types.ts'
