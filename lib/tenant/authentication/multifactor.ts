import type { PipelineResult } from '../../simulator/types.ts'
import type { Session } from './store.ts'

const CHALLENGES = new Set([
  'authentication.challengeWith',
  'authentication.challengeWithAny',
  'authentication.enrollWith',
  'authentication.enrollWithAny',
])

export const MFA_REQUIRED = 'Multifactor authentication required'

/**
 * Whether the Actions want a second factor that this session has not shown. The policy of `multifactor.enable`
 * is content with an earlier one of the session unless `allowRememberBrowser` is false; a challenge never is.
 */
export function wantsSecondFactor({ commands }: PipelineResult, session?: Session): boolean {
  const remembered = session?.methods.some(({ name }) => name === 'mfa') === true
  let wanted = false
  for (const { method, args, threw } of commands) {
    if (threw !== undefined) continue
    if (CHALLENGES.has(method)) wanted = true
    if (method !== 'multifactor.enable') continue
    const [provider, options] = args as [unknown, { allowRememberBrowser?: boolean }?]
    if (provider === 'none') continue
    if (!remembered || options?.allowRememberBrowser === false) wanted = true
  }
  return wanted
}

/** What the ID token says right after a second factor. Not on silent and refreshed tokens. */
export const MFA_CLAIMS = {
  acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
  amr: ['mfa'],
} as const
