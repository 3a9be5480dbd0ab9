export { fillMarkers, jsonValue, markersIn } from './marker-text.ts'
export { type Mask, type MaskOptions, maskOf } from './mask.ts'
export { readWorkspace } from './read-workspace.ts'
export type { LocalFile, LocalUser, TenantFile, Workspace, WorkspaceAction } from './types.ts'
