/** What a flow cannot do although an Action asks for it: there is nobody to ask, or nobody may be asked. */
import type { PipelineResult, RecordedCommand } from './types.ts'

interface Flow {
  transaction?: { protocol?: string; prompt?: string[]; actor?: object }
  request?: { query?: { prompt?: unknown } }
  authentication?: { methods?: { name: string }[] }
  organization?: object
}

const BACK_CHANNEL = new Set([
  'oauth2-password',
  'oauth2-refresh-token',
  'oauth2-resource-owner',
  'oauth2-webauthn',
])
const CHALLENGE = /^authentication\.(?:challenge|enroll)With/

/** Whether there is no browser to send away. */
export function isBackChannel({ transaction }: Flow): boolean {
  return BACK_CHANNEL.has(transaction?.protocol ?? '')
}

function isSilent({ transaction, request }: Flow): boolean {
  return transaction?.prompt?.includes('none') === true || request?.query?.['prompt'] === 'none'
}

/** The answer to a redirect that cannot happen. */
export function refusedRedirect(event: Flow, command: RecordedCommand): PipelineResult['refused'] {
  return isBackChannel(event) || isSilent(event) ? { error: 'interaction_required', command } : undefined
}

/** The answer to a second factor that cannot be asked for. */
export function refusedFactor(event: Flow, commands: readonly RecordedCommand[]): PipelineResult['refused'] {
  const silent = isSilent(event)
  if (!silent && !isBackChannel(event)) return undefined
  const remembered = event.authentication?.methods?.some(({ name }) => name === 'mfa') === true
  const command = secondFactorDemand(commands, remembered)
  return command === undefined ? undefined : { error: silent ? 'login_required' : 'mfa_required', command }
}

/**
 * The call that demands a second factor, which this session has not shown. A challenge always does. Of several
 * `multifactor.enable` the last decides, since none of them acts before the end of the flow: `none` takes back what
 * was asked before it. It is content with an earlier factor unless `allowRememberBrowser` is false.
 *
 * @param remembered the session has shown one before
 */
export function secondFactorDemand(
  commands: readonly RecordedCommand[],
  remembered: boolean,
): RecordedCommand | undefined {
  const effective = commands.filter(({ threw }) => threw === undefined)
  const challenge = effective.findLast(({ method }) => CHALLENGE.test(method))
  if (challenge !== undefined) return challenge
  const policy = effective.findLast(({ method }) => method === 'multifactor.enable')
  const [provider, options] = (policy?.args ?? ['none']) as [unknown, { allowRememberBrowser?: boolean }?]
  if (provider === 'none') return undefined
  return !remembered || options?.allowRememberBrowser === false ? policy : undefined
}

/** Why a token exchange fails: it takes no challenge, and no policy either with an actor or an organization. */
export function factorFault(event: Flow, own: readonly RecordedCommand[]): string | undefined {
  const { transaction, organization } = event
  if (transaction?.protocol !== 'oauth2-token-exchange') return undefined
  const demand = own.find(
    ({ method, args }) =>
      CHALLENGE.test(method) ||
      (method === 'multifactor.enable' &&
        args[0] !== 'none' &&
        (transaction.actor !== undefined || organization !== undefined)),
  )
  return demand === undefined ? undefined : `"${demand.method}" is not possible in this token exchange.`
}
