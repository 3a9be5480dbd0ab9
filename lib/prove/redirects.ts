/** Logins that an Action sends to another site, or shows a form: the site plays along. */

import { createHmac } from 'node:crypto'
import type { RunnableAction } from '../runtime/types.ts'
import {
  type PipelineOptions,
  type PipelineResult,
  runTrigger,
  type SimulatedEvent,
} from '../simulator/index.ts'
import { methodAt, methodsWith, nameOf, postLogin } from '../triggers/index.ts'

/** More trips than any login needs: one that takes more never ends. */
const MOST_TRIPS = 5
const STATE = 'state-of-the-login'

const CHECKS_TOKEN = nameOf(methodsWith(postLogin, ({ checksToken }) => checksToken === true)[0]!)

/** Parameters of authorization requests: they do not come back from another site. */
const OF_THE_REQUEST = new Set(
  (
    'response_type response_mode client_id redirect_uri scope audience state nonce organization invitation prompt ' +
    'login_hint screen_hint max_age acr_values ui_locales connection code_challenge code_challenge_method'
  ).split(' '),
)

export interface Followed {
  pipeline: PipelineResult
  /** Where the login was sent to, in words; empty for one that stayed. */
  trips: string[]
}

/**
 * Runs the Actions on a login, and goes on with `onContinuePostLogin` after each redirect or form. The site brings back
 * what the request of the event has besides the parameters of an authorization request, and a session token that is
 * signed as the Action wants it, with the same members; the form sends the fields of `event.prompt.fields`.
 */
export async function runToTheEnd(
  event: SimulatedEvent,
  options: Omit<PipelineOptions, 'event'>,
): Promise<Followed> {
  // Nobody has answered a form yet.
  const { prompt, ...first } = event
  const trips: string[] = []
  let pipeline = await runTrigger(postLogin, { ...options, event: first })
  while (pipeline.outcome === 'redirect' && pipeline.refused === undefined && trips.length < MOST_TRIPS) {
    const { suspension } = pipeline
    const url = pipeline.redirect!.url
    trips.push(
      url.startsWith('prompt:') ? `fills in the form ${url.slice(7)}` : `comes back from ${hostOf(url)}`,
    )
    const answered = url.startsWith('prompt:') && { prompt: { ...prompt, id: url.slice(7) } }
    const resume = {
      ...suspension!,
      event: {
        ...suspension!.event,
        ...answered,
        request: returning(event, options.actions[suspension!.actionIndex]!),
      },
    }
    pipeline = await runTrigger(postLogin, { ...options, event: first, resume })
  }
  return { pipeline, trips }
}

/** Whether the login ended since its session token was not good: that is what the token is for. */
export function isTokenRefused({ outcome, commands, reason }: PipelineResult): boolean {
  const last = commands.at(-1)
  if (outcome !== 'error' || last === undefined || last.threw !== reason) return false
  return methodAt(postLogin, last.method)?.checksToken === true
}

function returning(event: SimulatedEvent, action: RunnableAction): SimulatedEvent['request'] {
  const query = ownOf(event.request.query)
  const body = ownOf(event.request.body)
  const tokens = Object.fromEntries(
    tokenParametersIn(action.code).map((name) => [name, sessionToken(event, action, { ...query, ...body })]),
  )
  const all = { state: STATE, ...tokens, ...query }
  return Object.keys(body).length === 0
    ? { ...event.request, method: 'GET', query: all, body: {} }
    : { ...event.request, method: 'POST', query: all, body }
}

function ownOf(members: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(members ?? {}).filter(([name]) => !OF_THE_REQUEST.has(name)))
}

/** Names of parameters in which the code looks for a session token. */
function tokenParametersIn(code: string): string[] {
  if (!code.includes(CHECKS_TOKEN)) return []
  const named = [...code.matchAll(/tokenParameterName['"]?\s*:\s*['"`]([\w.-]+)['"`]/g)].map(
    ([, name]) => name!,
  )
  return named.length === 0 ? ['session_token'] : named
}

/** As the other site makes it. Times are far away, so that the same login gives the same token. */
function sessionToken(event: SimulatedEvent, { code, secrets }: RunnableAction, members: object): string {
  const named = secretOfToken(code)
  const secret = (named === undefined ? undefined : secrets[named]) ?? Object.values(secrets)[0] ?? ''
  const payload = { ...members, sub: event.user.user_id, state: STATE, iat: 0, exp: 32_503_680_000 }
  const text = [{ alg: 'HS256', typ: 'JWT' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** Name of the secret that the code checks session tokens with. */
function secretOfToken(code: string): string | undefined {
  for (const after of code.split(CHECKS_TOKEN).slice(1)) {
    const options = /^\(\s*\{([^}]*)/.exec(after)?.[1] ?? ''
    for (const [, value] of options.matchAll(/secret['"]?\s*:\s*([\w.?]*)/g)) {
      const name = /secrets\??\.(\w+)/.exec(value!)?.[1]
      if (name !== undefined) return name
    }
  }
  return undefined
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'another site'
}
