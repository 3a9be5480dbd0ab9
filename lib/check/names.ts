import { checkClaimName } from '../claims/index.ts'
import type { Finding } from '../finding.ts'
import type { Position } from '../runtime/types.ts'
import type { FoundWrite } from './claim-writes.ts'

const API = 'https://auth0.com/docs/actions/reference/post-login/post-login-api-object'

/** What the claim rules say of the names of one write. */
export function* nameFindings(write: FoundWrite, at: Position): Generator<Finding> {
  const { token, names } = write
  for (const claim of names.values) {
    const verdict = checkClaimName(claim, { token })
    if (verdict.severity === undefined) continue
    yield {
      rule: verdict.rule,
      severity: verdict.severity,
      message: verdict.reason,
      hint: verdict.hint,
      ...at,
      claim,
      token,
      source: verdict.source,
    }
  }
  if (!names.complete) yield dynamicName(write, at)
}

function dynamicName({ token, names }: FoundWrite, at: Position): Finding {
  const { prefix } = names
  // The name behind the host is free: a namespace that is closed by a slash decides alone.
  const namespaced = /^https?:\/\/[^/]+\//i.test(prefix)
  const verdict = namespaced ? checkClaimName(`${prefix}x`, { token }) : undefined
  if (verdict?.severity === 'error') {
    return {
      rule: verdict.rule,
      severity: 'error',
      message: `A claim under "${prefix}" will not reach the token: ${verdict.reason}`,
      hint: verdict.hint,
      ...at,
      claim: prefix,
      token,
      source: verdict.source,
    }
  }
  const lower = prefix.toLowerCase()
  const mayBeNamespaced = ['http://', 'https://', 'urn:'].some(
    (start) => start.startsWith(lower) || lower.startsWith(start),
  )
  return {
    rule: 'claims/dynamic-name',
    severity: mayBeNamespaced ? 'info' : 'warning',
    message: namespaced
      ? `The claim's name is known at run time only; its namespace "${prefix}" is fine.`
      : mayBeNamespaced
        ? "The claim's name is known at run time only, and nothing says that it has a namespace."
        : `The claim's name begins with "${prefix}", so it has no namespace; the rest is known at run time only.`,
    hint: namespaced
      ? 'Nothing to do.'
      : 'Begin the name with your namespace, e.g. `https://acme.example/${name}`.',
    ...at,
    token,
    source: API,
  }
}
