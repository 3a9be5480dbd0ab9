import { addressTricks, type RequestTrick } from './bad-requests.ts'
import { base64url, encoded } from './encoding.ts'

/** A request that an API must refuse because of its proof of possession, or for want of one. */
export interface BadProof {
  name: string
  token: string
  scheme: 'Bearer' | 'DPoP'
  proof?: string
  /** Only the second of two requests with it must be refused. */
  twice?: true
  /** What else the request needs to be one that must be refused. */
  request?: RequestTrick
}

export interface BadProofFacts {
  /** Of the request. */
  method: string
  /** Absolute, as the API knows itself. */
  url: string
  /** Seconds since the epoch. */
  now: number
  /** A good token with these claims on top of its own. */
  tokenWith(claims: Readonly<Record<string, unknown>>): Promise<string>
}

type Members = Readonly<Record<string, unknown>>

/**
 * DPoP's part of the bad-token kit: downgrades, replays, and proofs of something else. The good token among
 * them is bound to a key that is made here.
 *
 * @see RFC 9449 sections 4.3, 7.2 and 11
 */
export async function badProofs(facts: BadProofFacts): Promise<BadProof[]> {
  const { method, url, now, tokenWith } = facts
  const [own, foreign] = await Promise.all([proofKey(), proofKey()])
  const bound = await tokenWith({ cnf: { jkt: own.jkt } })
  const free = await tokenWith({ cnf: undefined })
  let proofs = 0

  async function proof(
    claims: Members = {},
    header: Members = {},
    key = own,
    token = bound,
  ): Promise<string> {
    const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk, ...header }
    const ath = await sha256(token)
    const body = { jti: `${now}-${++proofs}-${own.jkt}`, htm: method, htu: url, iat: now, ath, ...claims }
    const input = `${encoded(head)}.${encoded(body)}`
    return `${input}.${base64url(await key.sign(input))}`
  }
  const good = await proof()
  const cut = good.slice(0, good.lastIndexOf('.') + 1)
  const entries: [name: string, proof: string | undefined][] = [
    ['a bound token without a proof', undefined],
    ["a proof of somebody else's key", await proof({}, {}, foreign)],
    ["a proof that somebody else's key has signed", await proof({}, { jwk: own.jwk }, foreign)],
    ['a proof for another method', await proof({ htm: method === 'GET' ? 'POST' : 'GET' })],
    ['a proof without a method', await proof({ htm: undefined })],
    ['a proof for another path', await proof({ htu: `${url.split('?')[0]}/other` })],
    ['a proof for another host', await proof({ htu: url.replace(/\/\/[^/]*/, '//api.attacker.example') })],
    ['a proof without an address', await proof({ htu: undefined })],
    ['a proof for another token', await proof({ ath: await sha256(free) })],
    ['a proof for no token', await proof({ ath: undefined })],
    ['a proof of yesterday', await proof({ iat: now - 86_400 })],
    ['a proof of tomorrow', await proof({ iat: now + 86_400 })],
    ['a proof without a time', await proof({ iat: undefined })],
    ['a proof without an id', await proof({ jti: undefined })],
    ['a proof of type JWT', await proof({}, { typ: 'JWT' })],
    [
      'a proof with alg none',
      `${encoded({ typ: 'dpop+jwt', alg: 'none', jwk: own.jwk })}.${cut.split('.')[1]}.`,
    ],
    ['a proof without a signature', cut],
    ['a proof with its private key', await proof({}, { jwk: own.privateJwk })],
    ['a proof with an unknown crit', await proof({}, { crit: ['x'], x: 1 })],
    ['two proofs', `${await proof()}, ${await proof()}`],
    ['the token as its proof', bound],
  ]
  const tricks = addressTricks(url).map(async ({ name, htu, request }) => ({
    name,
    token: bound,
    scheme: 'DPoP' as const,
    proof: await proof({ htu }),
    request,
  }))
  return [
    ...(await Promise.all(tricks)),
    ...entries.map(([name, text]) => ({
      name,
      token: bound,
      scheme: 'DPoP' as const,
      ...(text === undefined ? {} : { proof: text }),
    })),
    { name: 'a proof for the second time', token: bound, scheme: 'DPoP', proof: good, twice: true },
    { name: 'a bound token as Bearer', token: bound, scheme: 'Bearer' },
    { name: 'a bound token as Bearer, with a proof', token: bound, scheme: 'Bearer', proof: await proof() },
    {
      name: 'a free token as DPoP',
      token: free,
      scheme: 'DPoP',
      proof: await proof({}, {}, own, free),
    },
  ]
}

/** Makes proofs of possession for one endpoint, each of them new. */
export interface Prover {
  /** Thumbprint of the key: `cnf.jkt` of a token that is bound to it. */
  jkt: string
  proofFor(token: string): Promise<string>
}

export async function proverFor({ method, url }: { method: string; url: string }): Promise<Prover> {
  const key = await proofKey()
  return {
    jkt: key.jkt,
    async proofFor(token) {
      const body = {
        jti: crypto.randomUUID(),
        htm: method,
        htu: url.split('?', 1)[0],
        iat: Math.floor(Date.now() / 1000),
        ath: await sha256(token),
      }
      const input = `${encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk })}.${encoded(body)}`
      return `${input}.${base64url(await key.sign(input))}`
    },
  }
}

async function proofKey() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as {
    publicKey: never
    privateKey: never
  }
  const { kty, crv, x, y } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as Record<string, unknown>
  return {
    jwk: { kty, crv, x, y },
    privateJwk: (await crypto.subtle.exportKey('jwk', pair.privateKey)) as unknown,
    // RFC 7638: the members in this order.
    jkt: await sha256(JSON.stringify({ crv, kty, x, y })),
    async sign(input: string) {
      const bytes = new TextEncoder().encode(input)
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes)
      return new Uint8Array(signature)
    },
  }
}

async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}
