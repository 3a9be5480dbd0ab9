import { TENANT_TRIGGERS } from '../../triggers/index.ts'

export interface TriggerVersion {
  id: string
  version: string
  status: 'CURRENT' | 'DEPRECATED'
  runtimes: string[]
  default_runtime: string
  binding_policy: 'trigger-bound' | 'entity-bound'
  compatible_triggers: { id: string; version: string }[]
}

/** Bound by the entity that they belong to, such as a token exchange profile. */
const ENTITY_BOUND = ['custom-token-exchange', 'event-stream', 'mcp-tool', 'password-hash-migration']

/** The versions of all triggers, as `GET /actions/triggers` shows them: of a trigger the newest first. */
export const TRIGGERS: readonly TriggerVersion[] = TENANT_TRIGGERS.flatMap(
  ({ id, version: newest, compatible }) => {
    const latest = Number(newest.slice(1))
    return Array.from({ length: latest }, (_, before): TriggerVersion => {
      const version = `v${latest - before}`
      return {
        id,
        version,
        status: before === 0 ? 'CURRENT' : 'DEPRECATED',
        runtimes: before === 0 ? ['node18-actions', 'node22'] : ['node22'],
        default_runtime: before === 0 ? 'node22' : version === 'v2' ? 'node16' : 'node12',
        binding_policy: ENTITY_BOUND.includes(id) ? 'entity-bound' : 'trigger-bound',
        compatible_triggers: compatible !== undefined && before === 0 ? [{ id, version: compatible }] : [],
      }
    })
  },
)
