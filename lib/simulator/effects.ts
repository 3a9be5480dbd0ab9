import { isUndefined, metadataChanges } from './metadata.ts'
import type { ClaimWrite, Expiry, PipelineResult, RecordedCommand } from './types.ts'

const TOKENS = {
  'idToken.setCustomClaim': 'id_token',
  'accessToken.setCustomClaim': 'access_token',
} as const

/** All calls of `setCustomClaim`, in order, also those that threw. */
export function claimWrites(commands: readonly RecordedCommand[]): ClaimWrite[] {
  const writes: ClaimWrite[] = []
  for (const { method, args, at, action, threw } of commands) {
    if (!(method in TOKENS)) continue
    const [claim, value] = args
    writes.push({
      action,
      at,
      token: TOKENS[method as keyof typeof TOKENS],
      claim: typeof claim === 'string' ? claim : String(isUndefined(claim) ? undefined : claim),
      value: isUndefined(value) ? undefined : value,
      ...(threw !== undefined && { threw }),
    })
  }
  return writes
}

/** What the commands do to scopes, metadata and lifetimes, and who the user is afterwards. After an error nothing is left of them. */
export function effects(
  commands: readonly RecordedCommand[],
  event: object,
  outcome: PipelineResult['outcome'],
): Pick<
  PipelineResult,
  'scopes' | 'userMetadata' | 'appMetadata' | 'targetScopes' | 'session' | 'refreshToken' | 'primaryUser'
> {
  const scopes = new Map<string, 'add' | 'remove'>()
  const lifetimes: Pick<PipelineResult, 'session' | 'refreshToken'> = {}
  let targeted = false
  let primaryUser: string | undefined
  if (outcome !== 'error') {
    for (const { method, args, threw } of commands) {
      if (threw !== undefined) continue
      if (method === 'accessToken.addScope') scopes.set(String(args[0]).trim(), 'add')
      if (method === 'accessToken.removeScope') scopes.set(String(args[0]).trim(), 'remove')
      if (method.startsWith('transaction.') && /TargetScopes?$/.test(method)) targeted = true
      if (method === 'authentication.setPrimaryUser') primaryUser = String(args[0])
      const expiry = EXPIRIES[method]
      if (expiry !== undefined) {
        const [area, kind] = expiry
        const earliest = Math.min(lifetimes[area]?.[kind] ?? Number.POSITIVE_INFINITY, Number(args[0]))
        lifetimes[area] = { ...lifetimes[area], [kind]: earliest }
      }
    }
  }
  const { target_scopes } = (event as { transaction?: { target_scopes?: string[] } }).transaction ?? {}
  const named = (operation: 'add' | 'remove') =>
    [...scopes].filter(([, wanted]) => wanted === operation).map(([scope]) => scope)
  return {
    scopes: { add: named('add'), remove: named('remove') },
    ...metadataChanges(outcome === 'error' ? [] : commands),
    ...lifetimes,
    ...(primaryUser !== undefined && { primaryUser }),
    ...(targeted && target_scopes !== undefined && { targetScopes: [...target_scopes] }),
  }
}

const EXPIRIES: Readonly<
  Record<string, readonly [area: 'session' | 'refreshToken', kind: keyof Expiry] | undefined>
> = {
  'session.setExpiresAt': ['session', 'expiresAt'],
  'session.setIdleExpiresAt': ['session', 'idleExpiresAt'],
  'refreshToken.setExpiresAt': ['refreshToken', 'expiresAt'],
  'refreshToken.setIdleExpiresAt': ['refreshToken', 'idleExpiresAt'],
}
