import type { Finding, Position } from '../finding.ts'
import type { UserProfile } from '../triggers/post-login/user-profile.ts'

/** One entry of `actions` in tenant.yaml, with its place in the workspace. */
export interface WorkspaceAction {
  name: string
  /** Absolute path of the source: `actions/<name>` with an extension, else the file that `code:` names. Never written. */
  sourceFile: string
  /** Absolute path that tenant.yaml's `code:` names: where `claims build` writes the bundle, unless it is a source. */
  builtFile: string
  /** e.g. `node22` */
  runtime: string
  deployed: boolean
  /** `##KEY##` markers as written in tenant.yaml, not replaced. */
  secrets: { name: string; value: string }[]
  dependencies: { name: string; version: string }[]
  /** Names of the Actions Modules that it may require as `actions:NAME`. */
  modules: string[]
  /** Trigger ids of `supported_triggers`. */
  triggers: string[]
  /** Place of the Action's entry in tenant.yaml. */
  at: Position
}

/** One entry of `actionModules` in tenant.yaml. */
export interface WorkspaceModule {
  name: string
  /** Absolute path of its CommonJS code, which ships as it is written. */
  file: string
  /** `##KEY##` markers as written in tenant.yaml, not replaced. */
  secrets: WorkspaceAction['secrets']
}

/** The parsed tenant.yaml, or the directory format in its form: a plain auth0-deploy-cli file. Wire names; only what we read is typed. */
export interface TenantFile {
  actions?: Record<string, unknown>[]
  actionModules?: Record<string, unknown>[]
  triggers?: Record<string, { action_name: string; display_name?: string }[]>
  clients?: Record<string, unknown>[]
  resourceServers?: Record<string, unknown>[]
  clientGrants?: Record<string, unknown>[]
  roles?: Record<string, unknown>[]
  organizations?: Record<string, unknown>[]
  [type: string]: unknown
}

export interface LocalUser extends UserProfile {
  email: string
  password: string
  user_id?: string
  blocked?: boolean
  /** Role names, as in tenant.yaml. */
  roles?: string[]
  user_metadata?: Record<string, unknown>
  app_metadata?: Record<string, unknown>
}

/** tenant.local.yaml: what a real tenant keeps in its database. Described by `schemas/tenant.local.schema.json`. */
export interface LocalFile {
  /** Empty where the file names none. */
  users: LocalUser[]
  organizations?: {
    /** Name of an organization of tenant.yaml. */
    name: string
    members: { user: string; roles?: string[] }[]
  }[]
  /** Values for the `##KEY##` markers of tenant.yaml, used with the local tenant only. */
  keywords?: Record<string, string>
  /** Values of secrets that tenant.yaml names without a value, as exports do: by Action or module, then by secret. */
  secrets?: Record<string, Record<string, string>>
  /** Auth0's names. */
  settings?: {
    default_audience?: string
    allow_organization_name_in_authentication_api?: boolean
    acr_values_supported?: string[]
    oidc_logout_prompt_enabled?: boolean
  }
}

/** A file that tenant.yaml names, as auth0-deploy-cli reads it. */
export interface NamedFile {
  /** Place of the name in tenant.yaml. */
  path: (string | number)[]
  /** Relative to the workspace, or absolute; as written, below the folder that the deploy CLI looks in. */
  name: string
  /** Whether the text may also be the content itself, where no such file exists. */
  optional: boolean
}

export interface Workspace {
  /** Absolute path of the folder. */
  root: string
  /** How the tenant is written: one tenant.yaml, or the deploy CLI's directory format, a file for each entity. */
  format: 'yaml' | 'directory'
  /** Absolute path of tenant.yaml; of the folder in the directory format. */
  tenantFile: string
  tenant: TenantFile
  /** Where a value stands in tenant.yaml, or in the file of its entity, e.g. `['actions', 0, 'name']`; the nearest existing parent if it is missing. */
  positionOf(path: readonly (string | number)[]): Position
  actions: WorkspaceAction[]
  modules: WorkspaceModule[]
  /** Names of the bound Actions by trigger, in order of execution; see {@link boundTo}. */
  bound: Readonly<Record<string, readonly string[]>>
  /** `undefined` without a tenant.local.yaml. */
  local?: LocalFile
  /** Values of markers on this machine: those of tenant.local.yaml, else those that config.json gives the deploy CLI. */
  keywords: Readonly<Record<string, string>>
  /** Absolute paths of `schemas/claims/*.json`. */
  contractFiles: string[]
  /** Files that tenant.yaml names, with their absolute paths. Those outside of the workspace have a finding. */
  namedFiles: (NamedFile & { file: string })[]
  /** Things wrong in tenant.yaml that do not stop the reading (families `tenant`, `secrets`). */
  findings: Finding[]
}
