import { bundleRules } from '../../bundle/rules.ts'
import { claimRules } from '../../claims/index.ts'
import { contractRules } from '../../contract/rules.ts'
import { rulesOf } from '../../finding.ts'
import { namedRules } from '../../workspace/rules.ts'
import { embeddedRules } from '../embedded/rules.ts'
import { apiRules } from './api.ts'
import { habitRules } from './bundle.ts'
import { claimFlowRules } from './claims.ts'
import { contractFlowRules } from './contract.ts'
import { eventRules } from './event.ts'
import { exportRules } from './exports.ts'
import { handlerRules } from './handler.ts'
import { memberRules } from './members.ts'
import { nameRules } from './names.ts'
import { scopeRules } from './scopes.ts'
import { secretRules } from './secrets.ts'
import { tenantRules } from './tenant.ts'

/** Every rule that a check can report, by id; each table stands beside the code that reports it. */
export const checkRules = rulesOf(
  claimRules,
  claimFlowRules,
  apiRules,
  eventRules,
  handlerRules,
  exportRules,
  bundleRules,
  habitRules,
  embeddedRules,
  nameRules,
  secretRules,
  scopeRules,
  contractFlowRules,
  contractRules,
  tenantRules,
  memberRules,
  namedRules,
)
