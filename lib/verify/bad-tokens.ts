import { ANY_VALUES } from '../contract/candidates.ts'
import type { Contract } from '../contract/types.ts'
import { type Judgement, judgementOn } from './attack-levels.ts'
import { badProofs } from './bad-proofs.ts'
import { badRequests, type RequestTrick } from './bad-requests.ts'
import { hmac, notUtf8, respelled, spkiOf } from './bad-signatures.ts'
import { base64url, encoded } from './encoding.ts'
import { type Changes, lacking } from './lacking-claims.ts'
import { newSigningKey, type SigningKey } from './test-keys.ts'
import type { Needs } from './types.ts'

/** A token that an API must refuse, or should: `level` says which, `source` why. */
export interface BadToken extends Judgement {
  /** What is wrong with it, e.g. `alg none`. Unique within the kit. */
  name: string
  family:
    | 'algorithm'
    | 'header'
    | 'signature'
    | 'spelling'
    | 'registered'
    | 'kind'
    | 'contract'
    | 'json'
    | 'size'
    | 'needs'
    | 'request'
    | 'dpop'
  /** Empty when the request has no token in its `Authorization` header. */
  token: string
  /** The scheme of its `Authorization` header. @defaultValue `'Bearer'` */
  scheme?: 'Bearer' | 'DPoP'
  /** Value of its `DPoP` header. */
  proof?: string
  /** Only the second of two requests with it must be refused. */
  twice?: true
  /** What else the request needs to be one that must be refused; of the families `request` and `dpop` only. */
  request?: RequestTrick
}

export interface BadTokenFacts {
  /** Of a good token. */
  payload: Readonly<Record<string, unknown>>
  key: SigningKey
  /** Of RFC 9068, with `client_id` and `jti`. @defaultValue Auth0's own profile */
  isRfc9068?: boolean
  contract?: Contract
  /** What the endpoint needs: a token that lacks it must be refused as well. */
  needs?: Needs
  /** The request that tokens are sent with; without it there are neither proofs nor odd requests among the kit. */
  request?: { method: string; url: string }
}

/**
 * The bad-token kit. Signed with the right key unless the signature is the point, so that nothing but the
 * named fault stands between the token and the API. Without a contract the family `contract` is empty, without
 * needs the family `needs`, without a request the families `request` and `dpop`.
 *
 * @see RFC 8725, RFC 7515 section 10
 */
export async function badTokens(facts: BadTokenFacts): Promise<BadToken[]> {
  const { payload, key, isRfc9068 = false, contract, needs = {}, request } = facts
  const { algorithm, jwk, kid, sign } = key
  const header = { alg: algorithm, typ: isRfc9068 ? 'at+jwt' : 'JWT', kid }
  const tokens: BadToken[] = []
  const add = (family: BadToken['family'], name: string, token: string): void => {
    tokens.push({ family, name, token, ...judgementOn(family, name) })
  }
  const signed = async (head: unknown, body: unknown): Promise<string> => {
    const input = `${encoded(head)}.${encoded(body)}`
    return `${input}.${base64url(await sign(input))}`
  }
  const text = JSON.stringify(payload)
  const good = await signed(header, payload)
  const [head, body, signature] = good.split('.') as [string, string, string]
  const withClaims = async (family: BadToken['family'], name: string, changes: Changes): Promise<void> => {
    add(family, name, await signed(header, { ...payload, ...changes }))
  }

  for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, 'none ']) {
    const input = `${encoded({ ...header, alg })}.${body}`
    add('algorithm', `alg ${JSON.stringify(alg)} without a signature`, `${input}.`)
    add('algorithm', `alg ${JSON.stringify(alg)} with the signature`, `${input}.${signature}`)
  }
  const spki = await spkiOf(jwk, algorithm)
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PUBLIC KEY-----`
  for (const [name, secret] of Object.entries({
    'the public key': JSON.stringify(jwk),
    ...(jwk.kty === 'RSA' ? { 'the modulus': String(jwk['n']) } : { 'the point': String(jwk['x']) }),
    'an empty secret': '',
    'the key id': kid,
    'a blank': ' ',
    'the word secret': 'secret',
    'the word undefined': 'undefined',
    'the PEM of the public key': pem,
    'the PEM and a line break': `${pem}\n`,
    'the DER of the public key': spki,
    'the key set': JSON.stringify({ keys: [jwk] }),
  })) {
    const input = `${encoded({ ...header, alg: 'HS256' })}.${body}`
    add('algorithm', `HS256 with ${name} as secret`, `${input}.${await hmac(secret, input)}`)
  }
  for (const bits of [384, 512] as const) {
    const input = `${encoded({ ...header, alg: `HS${bits}` })}.${body}`
    add('algorithm', `HS${bits} with an empty secret as secret`, `${input}.${await hmac('', input, bits)}`)
  }
  const others = ['RS256', 'RS384', 'RS512', 'ES256', 'PS512', 'RSA-OAEP', 'constructor']
  for (const alg of [algorithm.toLowerCase(), ...others.filter((one) => one !== algorithm)]) {
    add('algorithm', `alg ${alg} over an ${algorithm} signature`, await signed({ ...header, alg }, payload))
  }
  add('algorithm', 'no alg', await signed({ typ: 'JWT', kid }, payload))
  add('algorithm', 'alg as a list', await signed({ ...header, alg: [algorithm] }, payload))

  const foreign = await newSigningKey(algorithm, kid)
  const byForeign = async (changes: Changes): Promise<string> => {
    const input = `${encoded({ ...header, ...changes })}.${body}`
    return `${input}.${base64url(await foreign.sign(input))}`
  }
  add('header', 'a foreign key under the right kid', await byForeign({}))
  add('header', 'an embedded jwk', await byForeign({ jwk: foreign.jwk }))
  add('header', 'an embedded jwk and no kid', await byForeign({ jwk: foreign.jwk, kid: undefined }))
  for (const name of ['jku', 'x5u']) {
    add(
      'header',
      `${name} of an attacker`,
      await byForeign({ [name]: 'http://127.0.0.1:9/keys', kid: 'attacker' }),
    )
  }
  add('header', 'an x5c chain of an attacker', await byForeign({ x5c: ['AAAA'] }))
  for (const odd of ['unknown', '../../dev/null', "' OR 1=1 --", '__proto__', 'constructor']) {
    add('header', `kid ${JSON.stringify(odd)}`, await signed({ ...header, kid: odd }, payload))
  }
  add('header', 'kid as a number', await signed({ ...header, kid: 7 }, payload))
  add('header', 'an unknown crit', await signed({ ...header, crit: ['exp-x'], 'exp-x': 1 }, payload))
  add('header', 'an empty crit', await signed({ ...header, crit: [] }, payload))
  add('header', 'an unencoded payload (b64)', await signed({ ...header, b64: false, crit: ['b64'] }, payload))
  const types = ['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'JOSE', 7, undefined]
  for (const typ of isRfc9068 ? ['JWT', ...types] : types) {
    add('header', `typ ${JSON.stringify(typ) ?? 'absent'}`, await signed({ ...header, typ }, payload))
  }

  add('signature', 'no signature', `${head}.${body}.`)
  add(
    'signature',
    'another payload under the signature',
    `${head}.${encoded({ ...payload, sub: 'auth0|admin' })}.${signature}`,
  )
  add(
    'signature',
    'a changed bit',
    `${head}.${body}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`,
  )
  add('signature', 'cut short', good.slice(0, -4))
  add('signature', 'all zeros', `${head}.${body}.${'A'.repeat(signature.length)}`)
  add('signature', 'a byte too many', `${head}.${body}.${signature}AA`)
  add('signature', 'the header changed', `${encoded({ ...header, x: 1 })}.${body}.${signature}`)

  const spellings: Record<string, string> = {
    'padding at the end': `${good}==`,
    'padding in the payload': `${head}.${body}=.${signature}`,
    'a line break in the signature': `${head}.${body}.${signature.slice(0, 8)}\n${signature.slice(8)}`,
    'spare bits at the end': respelled(good),
    'a final dot': `${good}.`,
    'a fourth part': `${good}.${signature}`,
    'five parts': `${head}..${body}.${body}.${signature}`,
    'two parts': `${head}.${body}`,
    'one part': body,
    'an empty header': `.${body}.${signature}`,
    'an empty payload': `${head}..${signature}`,
    'a NUL at the end': `${good}\0`,
    'quotes around it': `"${good}"`,
    'percent encoding': good.replace('.', '%2E'),
    'flattened JSON': JSON.stringify({ protected: head, payload: body, signature }),
    'the token twice': `${good},${good}`,
  }
  for (const [name, token] of Object.entries(spellings)) add('spelling', name, token)

  const iss = String(payload['iss'])
  const audience = [payload['aud']].flat()[0] as string
  const now = payload['iat'] as number
  for (const [name, changes] of Object.entries<Changes>({
    'no issuer': { iss: undefined },
    'the issuer without its slash': { iss: iss.replace(/\/$/, '') },
    'a look-alike issuer': { iss: `${iss.replace(/\/$/, '')}.attacker.example/` },
    'the issuer in upper case': { iss: iss.toUpperCase() },
    'the issuer with another scheme': { iss: iss.replace(/^https?:/, 'ftp:') },
    'the issuer in a list': { iss: [iss] },
    'the issuer with a path': { iss: `${iss}x` },
    'no audience': { aud: undefined },
    'an empty audience list': { aud: [] },
    'an audience that ours begins with': { aud: audience.slice(0, -1) },
    'an audience that begins with ours': { aud: `${audience}x` },
    'the audience in upper case': { aud: audience.toUpperCase() },
    'only the userinfo audience': { aud: `${iss}userinfo` },
    'audiences in one text': { aud: `${audience} ${iss}userinfo` },
    'audience as an object': { aud: { 0: audience } },
    'no expiry': { exp: undefined },
    'an expiry an hour ago': { exp: now - 3600 },
    'an expiry of zero': { exp: 0 },
    'a negative expiry': { exp: -1 },
    'an expiry as text': { exp: String(now + 600) },
    'an expiry that is null': { exp: null },
    'a start in an hour': { nbf: now + 3600 },
    'a start as text': { nbf: 'now' },
    'issued in an hour': { iat: now + 3600 },
    'no issue time': { iat: undefined },
    'an issue time as text': { iat: String(now) },
    'no subject': { sub: undefined },
    'an empty subject': { sub: '' },
    'a subject that is a list': { sub: ['auth0|1'] },
    'scope as a list': { scope: ['read:orders'] },
    'scope as an object': { scope: { 'read:orders': true } },
    'permissions as text': { permissions: 'read:orders' },
    'permissions as an object': { permissions: { 'read:orders': true } },
    'an organization id that is a list': { org_id: ['org_1'] },
    'an organization name that is a number': { org_name: 7 },
    'a binding to a DPoP key': { cnf: { jkt: 'x'.repeat(43) } },
    'a binding to a certificate': { cnf: { 'x5t#S256': 'x'.repeat(43) } },
    'an actor that is a text': { act: 'auth0|2' },
    'an actor without a subject': { act: { act: { sub: 'auth0|2' } } },
  })) {
    await withClaims('registered', name, changes)
  }
  add('registered', 'an endless expiry', await signed(header, text.replace(/"exp":\d+/, '"exp":1e999')))

  await withClaims('kind', 'an ID token for this audience', {
    nonce: 'n',
    sid: 's',
    azp: undefined,
    client_id: undefined,
    scope: undefined,
  })
  await withClaims('kind', 'a nonce', { nonce: 'n' })
  await withClaims('kind', 'a session id', { sid: 's' })
  await withClaims('kind', 'an at_hash', { at_hash: 'x' })
  await withClaims('kind', 'no client', { azp: undefined, client_id: undefined })
  const withoutIds = { ...payload, client_id: undefined, jti: undefined }
  add('kind', 'at+jwt without client_id and jti', await signed({ ...header, typ: 'at+jwt' }, withoutIds))

  if (contract !== undefined) {
    for (const claim of contract.claims) {
      const { [claim]: _, ...without } = payload
      const values: unknown[] = [null, 7, 'not in the contract', '', [], {}, [7], 'x'.repeat(5000), true]
      const wrong = [...values, ...ANY_VALUES].filter((value) =>
        contract.validate({ ...payload, [claim]: value }).some((fault) => fault.claim === claim),
      )
      const seen = new Set<string>()
      for (const value of wrong) {
        const whole = JSON.stringify(value)
        const shown = whole.length > 24 ? `${whole.slice(0, 23)}…` : whole
        if (!seen.has(shown)) await withClaims('contract', `${claim}: ${shown}`, { [claim]: value })
        seen.add(shown)
      }
      if (contract.validate(without).length > 0) {
        add('contract', `${claim}: missing`, await signed(header, without))
      }
    }
  }

  for (const [name, changes] of lacking(payload, needs)) await withClaims('needs', name, changes)

  const inside = text.slice(1)
  for (const [name, odd] of Object.entries({
    'the subject twice': `{"sub":"auth0|admin",${inside}`,
    'the subject twice, once escaped': `{"\\u0073ub":"auth0|admin",${inside}`,
    'a member __proto__': `{"__proto__":{"scope":"admin"},${inside}`,
    'a list': `[${text}]`,
    'a text': JSON.stringify(text),
    null: 'null',
    'something behind the object': `${text}{}`,
    'a comment': `/**/${text}`,
    'a byte order mark': `\uFEFF${text}`,
    'cut short': text.slice(0, -1),
    'many levels': `{"x":${'['.repeat(2000)}${']'.repeat(2000)},${inside}`,
  })) {
    add('json', `payload: ${name}`, await signed(header, odd))
  }
  const headText = JSON.stringify(header)
  add('json', 'header: alg twice', await signed(`{"alg":"none",${headText.slice(1)}`, payload))
  add('json', 'header: a list', await signed(`[${headText}]`, payload))
  add('json', 'payload that is not UTF-8', await notUtf8(head, text, sign))
  await withClaims('size', 'a payload of 100 kB', { x: 'x'.repeat(100_000) })
  add('size', 'dots only', '.'.repeat(10_000))
  add('size', 'a megabyte', 'A'.repeat(1_000_000))
  if (request !== undefined) {
    const bad = `${head}.${body}.${'A'.repeat(signature.length)}`
    tokens.push(
      ...badRequests(request.url, good, bad).map(
        (one): BadToken => ({ family: 'request', ...one, ...judgementOn('request', one.name) }),
      ),
    )
    const tokenWith = (claims: Changes) => signed(header, { ...payload, ...claims })
    const proofs = await badProofs({ ...request, now, tokenWith })
    tokens.push(
      ...proofs.map((one): BadToken => ({ family: 'dpop', ...one, ...judgementOn('dpop', one.name) })),
    )
  }
  return tokens
}
