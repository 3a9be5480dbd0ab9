import { claimRules, type RuleDescription } from '../../claims/index.ts'
import { apiRules } from './api.ts'
import { bundleRules } from './bundle.ts'
import { claimFlowRules } from './claims.ts'
import { contractRules } from './contract.ts'
import { eventRules } from './event.ts'
import { handlerRules } from './handler.ts'
import type { RuleTable } from './rule.ts'
import { scopeRules } from './scopes.ts'
import { secretRules } from './secrets.ts'
import { tenantRules } from './tenant.ts'

/** The rules of the check beyond those on names: what `claims explain` says about each. */
const tables: readonly RuleTable[] = [
  claimFlowRules,
  apiRules,
  eventRules,
  handlerRules,
  bundleRules,
  secretRules,
  scopeRules,
  contractRules,
  tenantRules,
]

/** Every rule that a check can report, by id. */
export const checkRules: Readonly<Record<string, RuleDescription>> = Object.fromEntries([
  ...Object.entries(claimRules),
  ...tables.flatMap((table) => Object.entries(table).map(([id, rule]) => [id, { id, ...rule }])),
])
