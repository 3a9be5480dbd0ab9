import type { BuiltAction } from '../bundle/index.ts'
import type { Workspace } from '../workspace/types.ts'

export type Credentials = { clientId: string; clientSecret: string } | { accessToken: string }

/** How to reach the Management API of one tenant. */
export interface TenantAccess {
  /** Host, with a port where there is one: `acme.eu.auth0.com`, `localhost:4430`. No scheme. */
  domain: string
  credentials: Credentials
  /** PEM of a certificate to trust besides the system's. */
  certificate?: string
  /** Whether the tenant is the one on this machine. Then nothing else than a loopback domain is accepted. */
  local: boolean
  /** What no message of the tenant may show, besides the credentials and what is sent. @defaultValue none */
  secrets?: readonly string[]
}

export interface DeployOptions extends TenantAccess {
  workspace: Workspace
  /** Bundles of all Actions, so that what was checked is what is sent. @defaultValue they are made here, in memory */
  built?: readonly BuiltAction[]
  /** Values of the `##KEY##` markers. Nothing else replaces one. */
  keywords: Readonly<Record<string, string>>
  /** Each line that the deploy CLI prints, without colours and without values of keywords. */
  onLine?: (line: string) => void
  /** Ends the deploy. What was written stays written. */
  signal?: AbortSignal
  /** Milliseconds for the deploy CLI. @defaultValue 180 000 */
  timeoutMilliseconds?: number
}

/** An Action as the tenant runs it. */
export interface DeployedAction {
  name: string
  id: string
  /** SHA-256 of the deployed code, hexadecimal. Of the draft where nothing is deployed. */
  codeHash: string
  runtime: string
  /** Names only: values are never read back. */
  secrets: string[]
  dependencies: { name: string; version: string }[]
  /** Number of the deployed version. */
  version?: number
  versionId?: string
  deployed: boolean
  /** Whether the draft is what is deployed. */
  allChangesDeployed: boolean
}

export interface ReadBack {
  actions: DeployedAction[]
  /** Names of Actions by trigger, in order of execution. */
  bindings: Record<string, string[]>
}

export interface DeployReport extends ReadBack {
  domain: string
  /** Wall time of the calls, milliseconds. */
  milliseconds: number
}

export interface PlanChange {
  /** Key of tenant.yaml: `actions`, `triggers`, `clients`, … */
  type: string
  /** Name of the entity; the trigger's id for bindings. */
  name: string
  /** `delete` in records only. */
  change: 'create' | 'update' | 'uncompared' | 'delete'
  /** What differs. Names only, never a value of a secret. */
  fields: string[]
}
