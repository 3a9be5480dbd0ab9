export { OWN_FOLDER } from '../files/index.ts'
export type { ClaimChange } from './claim-changes.ts'
export { type Deletion, deleteNamed, findDeletions } from './deletions.ts'
export {
  type ChangesReport,
  type DeployChangesOptions,
  deployChanges,
} from './deploy-changes.ts'
export { deployWithCli } from './deploy-with-cli.ts'
export { conflictingDrift, driftSince, journalsSince } from './drift.ts'
export { changedSecrets, type FingerprintOptions, writeFingerprints } from './fingerprints.ts'
export {
  closeJournal,
  type DeployJournal,
  type Journal,
  newJournal,
  readJournals,
  sentBefore,
} from './journal.ts'
export { type StartedCli, withStartedCli } from './launch.ts'
export { isLoopbackDomain } from './loopback.ts'
export { type ManagementReader, managementReader } from './management-reader.ts'
export { type MarkerSources, markerValues } from './marker-values.ts'
export { type Markers, markerNames, markersOf, missingKeywords, resolvedTenant } from './markers.ts'
export { type Plan, type PlanOptions, planDeploy } from './plan.ts'
export type { DeployStep } from './progress.ts'
export {
  type NotPulled,
  type Pulled,
  type PulledFiles,
  type PullOptions,
  pullTenant,
  type SourceConflict,
  workspaceIn,
} from './pull.ts'
export { secretsOfTenant } from './quoted-secrets.ts'
export { readBack } from './read-back.ts'
export { type DeployRecord, newestRecord, writeRecord } from './records.ts'
export { deploysToUndo, type RollbackOptions, type RolledBack, rollBack } from './rollback.ts'
export type {
  Credentials,
  DeployedAction,
  DeployOptions,
  DeployReport,
  PlanChange,
  ReadBack,
  TenantAccess,
} from './types.ts'
