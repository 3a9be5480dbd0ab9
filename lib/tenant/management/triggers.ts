import { TENANT_TRIGGERS } from '../../triggers/index.ts'

/** The triggers of a tenant, as `GET /actions/triggers` shows them. */
export const TRIGGERS: readonly { id: string; version: string; status: string; default_runtime: string }[] =
  TENANT_TRIGGERS.map(({ id, version }) => ({ id, version, status: 'CURRENT', default_runtime: 'node22' }))
