export { boundTo } from './bound.ts'
export { deployCliConfig, keywordsOf } from './deploy-cli-config.ts'
export { isDirectoryFormatPath } from './directory-folders.ts'
export {
  type ApiEntry,
  type ClientEntry,
  entitiesOf,
  type OrganizationEntry,
  type RoleEntry,
} from './entities.ts'
export { localModule, localSecrets } from './local-code.ts'
export {
  betweenMarkers,
  fillMarkers,
  isMarker,
  jsonValue,
  markersIn,
  mayStay,
  valueMarker,
} from './marker-text.ts'
export { type Mask, type MaskOptions, maskOf, type Spelled, spelled, unspelled } from './mask.ts'
export { namedFiles } from './named-files.ts'
export { readWorkspace } from './read-workspace.ts'
export { isFileName } from './tenant-file.ts'
export { type TenantText, tenantFormat, tenantText } from './tenant-text.ts'
export type { LocalFile, LocalUser, NamedFile, TenantFile, Workspace, WorkspaceAction } from './types.ts'
export { valuelessSecrets } from './valueless-secrets.ts'
export { isWritten, rememberWritten, writtenFiles } from './written-files.ts'
