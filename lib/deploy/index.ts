export { deployWithCli } from './deploy-with-cli.ts'
export { isLoopbackDomain } from './loopback.ts'
export { type ManagementReader, managementReader } from './management-reader.ts'
export { missingKeywords } from './markers.ts'
export { codeHash, readBack } from './read-back.ts'
export type {
  Credentials,
  DeployedAction,
  DeployOptions,
  DeployReport,
  ReadBack,
  TenantAccess,
} from './types.ts'
