export { readWorkspace } from './read-workspace.ts'
export type { LocalFile, LocalUser, TenantFile, Workspace, WorkspaceAction } from './types.ts'
