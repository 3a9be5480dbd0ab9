import { setOwn } from '../../../json.ts'
import { assertObject, assertString, isRecord } from '../../arguments.ts'
import { isBackChannel } from '../flows.ts'
import type { Area } from '../method.ts'

const DEFAULT_LIFETIME = 900

export const redirect: Area = {
  sendUserTo: {
    returns: 'api',
    parameters: ['url', 'options?'],
    suspends: 'site',
    record: (url, options) => [addressOf(url, options), queryOf(options)],
    run({ own }, url, options) {
      if (own.suspension?.form !== undefined) {
        throw new Error('Redirect and render commands cannot be used in the same action.')
      }
      target(url, options)
    },
    apply(state, { call }, url) {
      state.suspension = { call, url: String(url) }
    },
  },
  encodeToken: {
    returns: 'value',
    parameters: ['options'],
    secret: 'secret',
    // The secret and the payload are not recorded: commands are shown to people.
    record: () => [],
    run({ event, now, sessionTokens }, options) {
      assertObject('options', options)
      const { secret, payload, expiresInSeconds } = options
      assertString('secret', secret)
      const iat = Math.floor(now() / 1000)
      return sessionTokens.sign(
        {
          iat,
          iss: event.request.hostname,
          sub: event.user.user_id,
          exp: iat + ((expiresInSeconds as number | undefined) ?? DEFAULT_LIFETIME),
          ip: event.request.ip,
          ...(payload as object),
        },
        secret,
      )
    },
  },
  validateToken: {
    returns: 'value',
    parameters: ['options'],
    checksToken: true,
    secret: 'secret',
    record: () => [],
    run({ event, now, sessionTokens }, options) {
      assertObject('options', options)
      // Written into the options, as by Auth0's code: frozen ones throw there too.
      options['tokenParameterName'] ||= 'session_token'
      const name = options['tokenParameterName'] as string
      const { request, user } = event
      const parameters: Record<string, unknown> = { ...request.query, ...request.body }
      const token = parameters[name]
      if (!token) {
        throw new Error(
          `There is no parameter called '${name}' available in either the POST body or query string.`,
        )
      }
      const seconds = Math.floor(now() / 1000)
      const payload = sessionTokens.verify(String(token), options['secret'])
      if (typeof payload['exp'] === 'number' && payload['exp'] <= seconds) throw invalid('jwt expired')
      if (typeof payload['nbf'] === 'number' && payload['nbf'] > seconds) throw invalid('jwt not active')
      if (payload['iss'] !== undefined && payload['iss'] !== request.hostname)
        throw invalid('jwt issuer invalid')
      if (payload['sub'] !== user.user_id) throw invalid('jwt subject invalid')
      if (payload['state'] !== parameters['state']) throw invalid('the state does not match')
      return payload
    },
  },
  canRedirect: {
    returns: 'value',
    parameters: [],
    atRefresh: false,
    run: ({ event }) => event.request?.query?.['prompt'] !== 'none' && !isBackChannel(event),
  },
}

function target(url: unknown, options: unknown): URL {
  const target = new URL(url as string)
  const query = isRecord(options) ? (options['query'] as object | undefined) : undefined
  for (const [name, value] of Object.entries(query ?? {})) target.searchParams.set(name, value)
  return target
}

/** What counts of the options, as text. */
function queryOf(options: unknown): { query?: Record<string, string> } {
  const query = isRecord(options) ? options['query'] : undefined
  if (!query) return {}
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(query)) setOwn(texts, name, String(value))
  return { query: texts }
}

/** Where the browser would go, or what was given in its place. */
function addressOf(url: unknown, options: unknown): string {
  try {
    return target(url, options).href
  } catch {
    return String(url)
  }
}

function invalid(reason: string): Error {
  return new Error(`The session token is invalid: ${reason}`)
}
