import { setOwn } from '../runtime/json.ts'
import type { ClaimWrite, PipelineResult, RecordedCommand } from './types.ts'

const TOKENS = {
  'idToken.setCustomClaim': 'id_token',
  'accessToken.setCustomClaim': 'access_token',
} as const

/** Whether JSON would leave the value out. */
export function isUndefined(arg: unknown): boolean {
  return typeof arg === 'object' && arg !== null && '$undefined' in arg
}

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

/** What the commands do to scopes and metadata. After an error nothing is left of them. */
export function effects(
  commands: readonly RecordedCommand[],
  event: object,
  outcome: PipelineResult['outcome'],
): Pick<PipelineResult, 'scopes' | 'userMetadata' | 'appMetadata' | 'targetScopes'> {
  const scopes = new Map<string, 'add' | 'remove'>()
  const userMetadata: Record<string, unknown> = {}
  const appMetadata: Record<string, unknown> = {}
  let targeted = false
  if (outcome !== 'error') {
    for (const { method, args, action, threw } of commands) {
      if (threw !== undefined) continue
      if (method === 'accessToken.addScope') scopes.set(String(args[0]).trim(), 'add')
      if (method === 'accessToken.removeScope') scopes.set(String(args[0]).trim(), 'remove')
      if (method.startsWith('transaction.') && /TargetScopes?$/.test(method)) targeted = true
      if (method === 'user.setAppMetadata') keep(appMetadata, args)
      if (method === 'user.setUserMetadata' && !changesPrimaryUser(commands, action)) keep(userMetadata, args)
    }
  }
  const { target_scopes } = (event as { transaction?: { target_scopes?: string[] } }).transaction ?? {}
  const named = (operation: 'add' | 'remove') =>
    [...scopes].filter(([, wanted]) => wanted === operation).map(([scope]) => scope)
  return {
    scopes: { add: named('add'), remove: named('remove') },
    userMetadata,
    appMetadata,
    ...(targeted && target_scopes !== undefined && { targetScopes: [...target_scopes] }),
  }
}

function keep(metadata: Record<string, unknown>, [key, value]: unknown[]): void {
  if (!isUndefined(value)) setOwn(metadata, String(key), value)
}

// User metadata set in the Action that changes the primary user is lost.
function changesPrimaryUser(commands: readonly RecordedCommand[], action: string): boolean {
  return commands.some(
    (command) =>
      command.action === action &&
      command.method === 'authentication.setPrimaryUser' &&
      command.threw === undefined,
  )
}
