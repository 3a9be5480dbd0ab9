export type { CredentialsExchangeApi, MachineAccessApi } from '../triggers/credentials-exchange/api.ts'
export type { CredentialsExchangeEvent } from '../triggers/credentials-exchange/event.ts'
export type {
  AccessApi,
  AuthenticationApi,
  ChallengeFactor,
  EnrollFactor,
  Group,
  GroupsApi,
  MultifactorApi,
  MultifactorOptions,
  PostLoginApi,
  PromptApi,
  RedirectApi,
  RefreshTokenApi,
  Role,
  RolesApi,
  RulesApi,
  SessionApi,
  TransactionApi,
  UserApi,
  ValidationApi,
} from '../triggers/post-login/api.ts'
export type {
  AuthenticationMethod,
  Device,
  PostLoginEvent,
  RefreshToken,
  Request,
  Session,
  Transaction,
  TransactionProtocol,
  User,
} from '../triggers/post-login/event.ts'
export type { RiskAssessment } from '../triggers/post-login/risk-assessment.ts'
export type { SamlResponseApi } from '../triggers/post-login/saml-response-api.ts'
export type {
  CacheApi,
  CacheError,
  CacheErrorCode,
  CacheRecord,
  CacheSetOptions,
  TargetScopesApi,
  TokenApi,
} from '../triggers/shared/api.ts'
export type { GeoIp } from '../triggers/shared/event.ts'
