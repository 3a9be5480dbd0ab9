import { builtin } from '../builtin.ts'
import { assertObject, assertString } from './arguments.ts'
import type { Recorder } from './recorder.ts'

const WITHOUT_REDIRECT = new Set([
  'oauth2-resource-owner',
  'oauth2-refresh-token',
  'oauth2-password',
  'oauth2-webauthn',
])
const DEFAULT_LIFETIME = 900

export class Redirect {
  readonly #recorder: Recorder
  readonly #api: object
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  canRedirect(): boolean {
    return this.#recorder.call('redirect.canRedirect', [], () => {
      const { request, transaction } = this.#recorder.event
      return request.query['prompt'] !== 'none' && !WITHOUT_REDIRECT.has(transaction?.protocol ?? '')
    })
  }

  // The secret and the payload are not recorded: commands are shown to people.
  encodeToken(options: { secret: string; payload: object; expiresInSeconds?: number }): string {
    return this.#recorder.call('redirect.encodeToken', [], () => {
      assertObject('options', options)
      assertString('secret', options.secret)
      const { request, user } = this.#recorder.event
      const iat = Math.floor(this.#recorder.options.now() / 1000)
      return sign(
        {
          iat,
          iss: request.hostname,
          sub: user.user_id,
          exp: iat + (options.expiresInSeconds ?? DEFAULT_LIFETIME),
          ip: request.ip,
          ...options.payload,
        },
        options.secret,
      )
    })
  }

  sendUserTo(url: string, options: { query?: Record<string, string> } = {}): object {
    let address = String(url)
    this.#recorder.call('redirect.sendUserTo', [url, options], () => {
      const target = new URL(url)
      for (const [name, value] of Object.entries(options?.query ?? {})) target.searchParams.set(name, value)
      address = target.href
      if (this.#recorder.count('prompt.render') > (this.#recorder.options.before?.['prompt.render'] ?? 0)) {
        throw new Error('Redirect and render commands cannot be used in the same action.')
      }
    })
    this.#recorder.commands.at(-1)!.args[0] = address
    return this.#api
  }

  validateToken(options: { secret: string; tokenParameterName?: string }): Record<string, unknown> {
    return this.#recorder.call('redirect.validateToken', [], () => {
      assertObject('options', options)
      const name = options.tokenParameterName ?? 'session_token'
      const { request, user } = this.#recorder.event
      const parameters: Record<string, unknown> = { ...request.query, ...request.body }
      const token = parameters[name]
      if (token === undefined || token === '') {
        throw new Error(
          `There is no parameter called '${name}' available in either the POST body or query string.`,
        )
      }
      const now = Math.floor(this.#recorder.options.now() / 1000)
      const payload = verify(String(token), options.secret)
      if (typeof payload['exp'] === 'number' && payload['exp'] <= now) throw invalid('jwt expired')
      if (typeof payload['nbf'] === 'number' && payload['nbf'] > now) throw invalid('jwt not active')
      if (payload['iss'] !== undefined && payload['iss'] !== request.hostname)
        throw invalid('jwt issuer invalid')
      if (payload['sub'] !== user.user_id) throw invalid('jwt subject invalid')
      if (payload['state'] !== parameters['state']) throw invalid('the state does not match')
      return payload
    })
  }
}

function invalid(reason: string): Error {
  return new Error(`The session token is invalid: ${reason}`)
}

function sign(payload: object, secret: string): string {
  const text = [{ alg: 'HS256', typ: 'JWT' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${signature(text, secret).toString('base64url')}`
}

function verify(token: string, secret: string): Record<string, unknown> {
  const [header, body, mac, ...rest] = token.split('.')
  if (header === undefined || body === undefined || mac === undefined || rest.length > 0) {
    throw invalid('jwt malformed')
  }
  const expected = signature(`${header}.${body}`, secret)
  const given = Buffer.from(mac, 'base64url')
  let payload: unknown
  try {
    if (JSON.parse(Buffer.from(header, 'base64url').toString()).alg !== 'HS256')
      throw invalid('invalid algorithm')
    payload = JSON.parse(Buffer.from(body, 'base64url').toString())
  } catch (error) {
    throw error instanceof SyntaxError ? invalid('jwt malformed') : error
  }
  const { timingSafeEqual } = builtin('node:crypto')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw invalid('invalid signature')
  if (typeof payload !== 'object' || payload === null) throw invalid('jwt malformed')
  return payload as Record<string, unknown>
}

function signature(text: string, secret: string): Buffer {
  return builtin('node:crypto').createHmac('sha256', secret).update(text).digest()
}
