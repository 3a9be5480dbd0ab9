import type { PipelineResult } from '../../simulator/types.ts'
import { secondFactorDemand } from '../../triggers/post-login/flows.ts'
import type { Session } from './store.ts'

export const MFA_REQUIRED = 'Multifactor authentication required'

/** Whether the Actions want a second factor that this session has not shown. */
export function wantsSecondFactor({ state }: PipelineResult, session?: Session): boolean {
  const remembered = session?.methods.some(({ name }) => name === 'mfa') === true
  return secondFactorDemand(state, remembered) !== undefined
}
