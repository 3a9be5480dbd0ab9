export { runPostLogin } from './pipeline.ts'
export { settleTokens } from './settle-tokens.ts'
export type {
  ActionRun,
  ClaimWrite,
  PipelineOptions,
  PipelineResult,
  RecordedCommand,
  SettledTokens,
  Suspension,
  TracedWrite,
  WriteVerdict,
} from './types.ts'
