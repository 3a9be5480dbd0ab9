import { type Judgement, judgementOn } from './attack-levels.ts'
import type { Prover } from './bad-proofs.ts'
import type { RequestTrick } from './bad-requests.ts'

/** A request that an API has to let in. */
export interface GoodToken extends Judgement {
  name: string
  token: string
  scheme?: 'Bearer' | 'DPoP'
  proof?: string
  request?: RequestTrick
}

export interface GoodTokenFacts {
  /** Of a good token. */
  payload: Readonly<Record<string, unknown>>
  issue(
    changes: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>
  /** Where the API takes tokens that are bound to a key. */
  prover?: Prover
  /** Whether it takes no others. */
  isBoundOnly?: boolean
}

/**
 * Good tokens as they come from Auth0, and ways to send them that the standards allow: an API that refuses one of them
 * turns clients away.
 */
export async function goodTokens(facts: GoodTokenFacts): Promise<GoodToken[]> {
  const { payload, issue, prover, isBoundOnly = false } = facts
  const tokens: GoodToken[] = []
  const add = (name: string, one: Omit<GoodToken, 'name' | keyof Judgement>) => {
    tokens.push({ name, ...one, ...judgementOn('good', name) })
  }
  const [audience] = [payload['aud']].flat() as [string]
  const now = payload['iat'] as number
  for (const [name, changes] of Object.entries<Readonly<Record<string, unknown>>>({
    'the audience as one text': { aud: audience },
    'the audience last in a list': { aud: ['https://other.example/', audience] },
    'more scopes': { scope: `profile ${payload['scope'] ?? ''} x:y`.replace(/ +/g, ' ') },
    'a claim that is not known': { 'https://other.example/claim': { a: [1] } },
    'a private claim without a namespace': { plan_of_another_api: 'x' },
    'Unicode in a claim': { 'https://other.example/name': 'Ægir 名前 \u{1f600}' },
    'permissions nobody asked for': { permissions: [...((payload['permissions'] as string[]) ?? []), 'x:y'] },
    'a machine': { sub: 'test-client@clients', gty: 'client-credentials' },
    'a token of the password grant': { gty: 'password' },
    'an end in a minute': { exp: now + 60 },
    'a start now': { nbf: now },
    'an id of its own': { jti: 'a-jti' },
    'an agent that acts for the user': { act: { sub: 'agent-1', act: { sub: 'service-1' } } },
    'a token of 5 kB': {
      'https://other.example/list': Array.from({ length: 250 }, (_, i) => `entry-${i}-xxx`),
    },
    ...(payload['org_id'] === undefined
      ? { 'an organization nobody asked for': { org_id: 'org_test' } }
      : {}),
  })) {
    add(name, { token: await issue(changes) })
  }
  add('a header parameter that is not known', { token: await issue({}, { x: 1 }) })
  const good = await issue({})
  const scheme = isBoundOnly ? 'DPoP' : 'Bearer'
  add('the scheme in lower case', {
    token: good,
    request: { authorizations: [`${scheme.toLowerCase()} ${good}`] },
  })
  add('two blanks before the token', { token: good, request: { authorizations: [`${scheme}  ${good}`] } })
  if (prover !== undefined) {
    const bound = await issue({ cnf: { jkt: prover.jkt } })
    for (const name of ['a bound token with a proof', 'the same bound token with another proof']) {
      add(name, { token: bound, scheme: 'DPoP', proof: await prover.proofFor(bound) })
    }
  }
  return tokens
}
