import { claimRules, customClaimsBytes, MAX_CUSTOM_CLAIMS_BYTES } from '../claims/index.ts'
import { sortFindings } from '../finding.ts'
import { setOwn } from '../json.ts'
import { accessTokenPayload } from '../tokens/payload.ts'
import type { TokenContext } from '../tokens/types.ts'
import { credentialsExchange } from '../triggers/index.ts'
import { judgeWrites } from './judge-writes.ts'
import type { PipelineResult, SettledTokens } from './types.ts'

/**
 * The access token that an application asks for by itself, from what the Actions did. What Actions make of the scopes
 * is cut to the grant, without an error. Does not sign, and does not check the token against a contract.
 *
 * @param grant all scopes of the client grant
 */
export function settleMachineToken(
  pipeline: PipelineResult,
  own: TokenContext,
  grant: readonly string[],
): SettledTokens {
  const scopes = (pipeline.targetScopes ?? own.scopes).filter((scope) => grant.includes(scope))
  const context = { ...own, scopes, permissions: scopes }
  const { writes, findings } = judgeWrites(pipeline, context, credentialsExchange)
  const accessTokenClaims: Record<string, unknown> = {}
  for (const { verdict, claim, value } of writes) {
    if (verdict === 'kept') setOwn(accessTokenClaims, claim, value)
  }
  const bytes = customClaimsBytes(accessTokenClaims)
  const failure =
    bytes > MAX_CUSTOM_CLAIMS_BYTES
      ? `The custom claims of the access token take ${bytes} bytes; at most ${MAX_CUSTOM_CLAIMS_BYTES} are allowed.`
      : undefined
  const { source } = claimRules['claims/too-large']
  const accessToken = accessTokenPayload(context, accessTokenClaims, scopes)
  return {
    ...(accessToken !== undefined && { accessToken }),
    scopes,
    writes:
      failure === undefined
        ? writes
        : writes.map((write) =>
            write.verdict === 'kept'
              ? { ...write, verdict: 'discarded', reason: failure, rule: 'claims/too-large', source }
              : write,
          ),
    findings: sortFindings(findings),
    idTokenClaims: {},
    accessTokenClaims,
    ...(failure !== undefined && { failure, error: 'server_error' }),
    ...(pipeline.outcome === 'denied' && { error: pipeline.state.denial?.code ?? 'server_error' }),
    ...(pipeline.outcome === 'error' && { error: 'server_error' }),
  }
}
