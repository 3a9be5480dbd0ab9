import { type AttackLevel, type Judgement, judgementOn } from './attack-levels.ts'
import type { Prover } from './bad-proofs.ts'
import type { BadToken } from './bad-tokens.ts'
import type { GoodToken } from './good-tokens.ts'

export interface AttackOptions {
  url: string
  /** @defaultValue `GET` */
  method?: string
  kit: readonly BadToken[]
  /** Must be let in. @defaultValue none */
  good?: readonly GoodToken[]
  /** Makes the proofs for tokens that are bound to its key, where the API takes no others. @defaultValue no proofs */
  prover?: Prover
  /** What is done between the first good token and the kit; its results come first. @defaultValue nothing */
  first?(send: Send): Promise<AttackResult[]>
  /** Must be accepted before the kit is sent, and after it. */
  goodToken: string
  /** @defaultValue the global `fetch` */
  fetch?: typeof fetch
  /** Sends what `fetch` would mend. @defaultValue such tokens are not sent */
  raw?: (request: RawRequest) => Promise<RawAnswer>
  /** For one answer. @defaultValue 10 000 */
  timeoutMilliseconds?: number
}

/** A request as it is to be written. */
export interface RawRequest {
  /** Where to connect to. */
  url: string
  method: string
  target: string
  hosts: readonly string[]
  headers: readonly (readonly [name: string, value: string])[]
  /** A form. */
  body?: string
  timeoutMilliseconds: number
}

/** The status, or why there is none. */
export type RawAnswer = number | 'closed' | 'late' | 'not-sent'

/**
 * - `refused`: a status from 300 to 499, or the connection was closed
 * - `accepted`: a status below 300
 * - `failed`: a status from 500, or no answer in time: the API stumbled over it
 * - `not-sent`: it has characters that no HTTP header may hold, or needs `raw`
 */
export type Verdict = 'refused' | 'accepted' | 'failed' | 'not-sent'

export interface AttackResult extends Judgement {
  family: BadToken['family'] | 'good' | 'keys'
  name: string
  /** What the API had to do. */
  wanted: 'refused' | 'accepted'
  verdict: Verdict
  /** Of the answer; absent when there was none. */
  status?: number
}

/** Status of the answers to the good token; `undefined`: there was none. */
export interface Attack {
  before: number | undefined
  after: number | undefined
  results: AttackResult[]
}

/** Sends one token, with a proof where the API wants one. */
export type Send = (token: string) => Promise<{ verdict: Verdict; status?: number }>

/**
 * Sends each token of a kit to an endpoint of an API, one after the other, the good token first and last. Sends
 * no kit when the first one is not accepted: the API then refuses for another reason than the fault of a token.
 */
export async function attack(options: AttackOptions): Promise<Attack> {
  const send = async (token: Sent) => {
    const proved = await withProof(token, options)
    return proved.request === undefined ? answerOf(proved, options) : rawAnswerOf(proved, options)
  }
  const before = (await send({ token: options.goodToken })).status
  if (!isAccepted(before)) return { before, after: undefined, results: [] }
  const results: AttackResult[] = (await options.first?.((token) => send({ token }))) ?? []
  for (const { name, level, source, ...token } of options.good ?? []) {
    const answer = await send(token)
    results.push({ family: 'good', name, level, source, wanted: 'accepted', ...answer })
  }
  for (const { family, name, twice, level, source, ...token } of options.kit) {
    if (twice === true) await send(token)
    const answer = await send(token)
    results.push({
      family,
      name,
      // It did not get in: an API that stumbles is a nuisance, whatever the token is.
      level: answer.verdict === 'failed' && level === 'must' ? 'should' : level,
      source,
      wanted: 'refused',
      ...answer,
    })
  }
  return { before, after: (await send({ token: options.goodToken })).status, results }
}

/** Whether an API has done something else than it had to. */
export function isWrong({ wanted, verdict }: Pick<AttackResult, 'wanted' | 'verdict'>): boolean {
  if (verdict === 'not-sent') return false
  return wanted === 'accepted' ? verdict !== 'accepted' : verdict !== 'refused'
}

/** Whether a level is at least as certain as another. */
export function isAtLeast(level: AttackLevel, other: AttackLevel): boolean {
  return RANK[level] >= RANK[other]
}

const RANK: Readonly<Record<AttackLevel, number>> = { opinion: 0, should: 1, must: 2 }

/** An issuer that is served for the attack. */
export interface TurningIssuer {
  issue(): Promise<string>
  rotateKey(options?: { announced?: boolean; published?: boolean }): Promise<void>
  publishKeys(): void
  setOutage(isDown: boolean): void
}

/**
 * Turns the keys of the issuer while the API runs: the next key, a new one at once, an outage of the JWKS. Where a key
 * has to be fetched first, the API may take its time.
 *
 * @param patienceSeconds For each key that has to be fetched: some libraries ask once in 30 s.
 * @see https://auth0.com/docs/get-started/tenant-settings/signing-keys/rotate-signing-keys
 */
export async function turnKeys(
  issuer: TurningIssuer,
  send: Send,
  patienceSeconds: number,
): Promise<AttackResult[]> {
  const results: AttackResult[] = []
  const add = (
    name: string,
    wanted: AttackResult['wanted'],
    answer: { verdict: Verdict; status?: number },
  ): void => {
    results.push({ family: 'keys', name, ...judgementOn('keys', name), wanted, ...answer })
  }
  async function patient(): ReturnType<Send> {
    const end = Date.now() + patienceSeconds * 1000
    for (;;) {
      const answer = await send(await issuer.issue())
      if (answer.verdict === 'accepted' || Date.now() >= end) return answer
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
  await issuer.rotateKey()
  const next = 'a token of the next key, which was published beforehand'
  add(next, 'accepted', await send(await issuer.issue()))
  await issuer.rotateKey({ announced: false })
  add('a token of a key that was published a moment ago', 'accepted', await patient())
  issuer.setOutage(true)
  try {
    const known = 'a token of a known key while the keys cannot be fetched'
    add(known, 'accepted', await send(await issuer.issue()))
    await issuer.rotateKey({ announced: false, published: false })
    const answer = await send(await issuer.issue())
    const unknown = 'a token of an unknown key while the keys cannot be fetched'
    // "Not now" is the right answer: nobody knows whether the key is good.
    add(unknown, 'refused', answer.status === 503 ? { ...answer, verdict: 'refused' } : answer)
  } finally {
    issuer.setOutage(false)
  }
  issuer.publishKeys()
  add('a token of a key that was published in an outage', 'accepted', await patient())
  return results
}

export function isAccepted(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300
}

type Sent = Pick<BadToken, 'token' | 'scheme' | 'proof' | 'request'>

/** What an API that takes bound tokens only wants with each: the fault of a token must be the only one. */
async function withProof(sent: Sent, { prover, goodToken }: AttackOptions): Promise<Sent> {
  const { token, scheme, proof, request } = sent
  if (prover === undefined || scheme !== undefined || proof !== undefined) return sent
  const authorizations = request?.authorizations?.map((one) => one.replace(/^Bearer/, 'DPoP'))
  return {
    token,
    scheme: 'DPoP',
    proof: await prover.proofFor(token === '' ? goodToken : token),
    ...(request === undefined
      ? {}
      : { request: { ...request, ...(authorizations === undefined ? {} : { authorizations }) } }),
  }
}

async function rawAnswerOf(
  { token, scheme = 'Bearer', proof, request = {} }: Sent,
  { url, method = 'GET', raw, timeoutMilliseconds = 10_000 }: AttackOptions,
): Promise<{ verdict: Verdict; status?: number }> {
  const { pathname, search, host } = new URL(url)
  const authorizations = request.authorizations ?? (token === '' ? [] : [`${scheme} ${token}`])
  const answer = await raw?.({
    url,
    method,
    target: request.target ?? pathname + search,
    hosts: request.hosts ?? [host],
    headers: [
      ...authorizations.map((value) => ['authorization', value] as const),
      ...(proof === undefined ? [] : [['dpop', proof] as const]),
      ...(request.headers ?? []),
    ],
    ...(request.body === undefined ? {} : { body: request.body }),
    timeoutMilliseconds,
  })
  if (answer === undefined || answer === 'not-sent') return { verdict: 'not-sent' }
  if (answer === 'late') return { verdict: 'failed' }
  return answer === 'closed' ? { verdict: 'refused' } : { status: answer, verdict: verdictOn(answer) }
}

function verdictOn(status: number): Verdict {
  return isAccepted(status) ? 'accepted' : status >= 500 ? 'failed' : 'refused'
}

async function answerOf(
  { token, scheme = 'Bearer', proof }: Sent,
  { url, method = 'GET', fetch: fetchOption = fetch, timeoutMilliseconds = 10_000 }: AttackOptions,
): Promise<{ verdict: Verdict; status?: number }> {
  let headers: Headers
  try {
    headers = new Headers({
      authorization: `${scheme} ${token}`,
      ...(proof === undefined ? {} : { dpop: proof }),
    })
  } catch {
    return { verdict: 'not-sent' }
  }
  try {
    const answer = await fetchOption(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    await answer.body?.cancel()
    const { status } = answer
    return { status, verdict: verdictOn(status) }
  } catch (error) {
    return { verdict: (error as Error).name === 'TimeoutError' ? 'failed' : 'refused' }
  }
}
