import type { Value } from './values.ts'

/** Something that the interpreter saw happen at an offset of the file. */
export type Observation = { offset: number; caught: boolean } & (
  | { kind: 'api-call'; method: string; args: Value[]; nameOffset: number; afterDeny: boolean }
  | { kind: 'unknown-api'; path: string }
  | { kind: 'absent'; path: string; unclear: boolean }
  | { kind: 'unknown-event'; path: string; used: boolean }
  | { kind: 'chained'; method: string; member: string }
  | { kind: 'detached'; method: string }
)
