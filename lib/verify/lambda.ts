import { ToolkitError } from '../errors.ts'
import { type HeadersLike, hasCredentials, isPreflight, type RequestLike } from './credentials.ts'
import { AccessTokenError } from './errors.ts'
import { checkedOptions, mustBeFunction, mustBeOneOf, type OptionTable, usage } from './must-be.ts'
import { assertVerifier, fixedNeeds } from './needs.ts'
import { AUTH_OPTIONS, type AuthOptions, answerFor } from './refusals.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'

type Texts = Readonly<Record<string, string | undefined>>
type Lists = Readonly<Record<string, readonly string[] | undefined>>

/** What is used of an event of API Gateway or of a function URL, in the payload formats 1.0 and 2.0. */
export interface GatewayEvent {
  version?: string
  headers?: Texts | null
  multiValueHeaders?: Lists | null
  /** Format 1.0. */
  httpMethod?: string
  /** Format 1.0. */
  path?: string
  /** Format 1.0. */
  queryStringParameters?: Texts | null
  /** Format 1.0. */
  multiValueQueryStringParameters?: Lists | null
  /** Format 2.0. */
  rawPath?: string
  /** Format 2.0. */
  rawQueryString?: string
  requestContext?: object | null
}

/** The event of a Lambda authorizer: of type TOKEN or REQUEST, in the formats 1.0 and 2.0. */
export interface AuthorizerEvent extends GatewayEvent {
  type?: string
  /** Of type TOKEN: the header that API Gateway was told to pass on. */
  authorizationToken?: string
  methodArn?: string
  routeArn?: string
}

/** What checks and `getCertificate` get as the request: the event is a member of it. */
export interface LambdaRequest<Event extends GatewayEvent = GatewayEvent> extends RequestLike {
  event: Event
}

/** The answer of a function behind API Gateway. */
export interface GatewayResult {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** What {@link withAuth} does beside the check. */
export interface LambdaAuthOptions<Event extends GatewayEvent, Result>
  extends Omit<AuthOptions<LambdaRequest<Event>>, 'preflight'> {
  /**
   * Answers the preflight request of a browser, which never has a token, in place of the handler.
   * @defaultValue it is refused like any request without a token
   */
  preflight?(event: Event): Result | Promise<Result>
}

/** What an authorizer returns: a policy, or the simple form of format 2.0. */
export type AuthorizerResult = PolicyResult | SimpleResult

interface PolicyResult {
  principalId: string
  policyDocument: {
    Version: '2012-10-17'
    Statement: { Action: 'execute-api:Invoke'; Effect: 'Allow' | 'Deny'; Resource: string }[]
  }
  context?: Record<string, string>
}

interface SimpleResult {
  isAuthorized: boolean
  context?: Record<string, string>
}

export interface AuthorizerOptions extends Pick<AuthOptions<LambdaRequest<AuthorizerEvent>>, 'onRefused'> {
  /**
   * The form of the result for an event of format 2.0. `simple` needs simple responses to be enabled for the
   * authorizer. Format 1.0 knows policies only. @defaultValue `'simple'`
   */
  answer?: 'simple' | 'policy'
}

/**
 * Wraps the handler of a function behind API Gateway, or with a URL of its own: it gets the claims, or is not called.
 * Takes the formats 1.0 and 2.0. A proof of possession is held against `https://<domain name><path>` of the event:
 * name `dpop.baseUrl` when a proxy or a mapping of paths stands in front.
 *
 * @throws {ToolkitError} `ERR_USAGE` when the verifier, the needs or an option are not valid.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function withAuth<Claims, Event extends GatewayEvent, Context, Result>(
  verifier: Verifier<Claims>,
  handler: (event: Event, claims: AccessTokenClaims<Claims>, context: Context) => Result | Promise<Result>,
  needs: Needs<Claims> = {},
  options: LambdaAuthOptions<Event, Result> = {},
): (event: Event, context: Context) => Promise<Result | GatewayResult> {
  return wrapped('withAuth', verifier, handler as never, needs, options, () => false)
}

/**
 * The same for a handler that also serves requests without any credentials: it gets `undefined` for the claims. A
 * request with a token that is bad, malformed or in the wrong place is refused, and so is one with another scheme.
 */
export function withOptionalAuth<Claims, Event extends GatewayEvent, Context, Result>(
  verifier: Verifier<Claims>,
  handler: (
    event: Event,
    claims: AccessTokenClaims<Claims> | undefined,
    context: Context,
  ) => Result | Promise<Result>,
  needs: Needs<Claims> = {},
  options: LambdaAuthOptions<Event, Result> = {},
): (event: Event, context: Context) => Promise<Result | GatewayResult> {
  return wrapped('withOptionalAuth', verifier, handler, needs, options, (request) => !hasCredentials(request))
}

/**
 * A Lambda authorizer, for REST and HTTP APIs. {@link claimsOf} reads the claims in the function behind it.
 *
 * A token that is refused is answered with 401, one that lacks what is needed with 403; API Gateway knows no
 * `WWW-Authenticate` of ours, so `withAuth` in the function itself tells clients more. When the issuer's keys cannot be
 * fetched, the error is thrown on, and API Gateway answers 500.
 *
 * API Gateway keeps an answer for the token, for minutes: the policy allows the whole stage, so that one endpoint does
 * not answer for another. With `checks`, or for a token with a proof of possession, it allows the one method that was
 * asked for, and the cache has to be turned off (a time to live of 0): nobody asks again for a proof that was seen.
 *
 * @throws {ToolkitError} `ERR_USAGE` for what is no verifier, needs that are none, and a wrong option.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function authorizer<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthorizerOptions = {},
): (event: AuthorizerEvent) => Promise<AuthorizerResult> {
  assertVerifier(verifier, 'authorizer')
  const own = fixedNeeds(needs, 'authorizer')
  const { answer = 'simple', onRefused } = checkedOptions('authorizer', options, AUTHORIZER)
  return async (event) => {
    const isSimple = event.version === '2.0' && answer === 'simple'
    const arn = event.routeArn ?? event.methodArn ?? ''
    const request = requestOfAuthorizer(event)
    let claims: AccessTokenClaims<Claims>
    try {
      claims = await verifier.verify(request, own)
    } catch (error) {
      if (!(error instanceof AccessTokenError)) throw error
      await onRefused?.(error, request)
      if (error.status === 503) throw error
      // API Gateway sends 401 for this text only.
      if (error.status !== 403) throw new Error('Unauthorized', { cause: error })
      return isSimple ? { isAuthorized: false } : policy('refused', 'Deny', arn)
    }
    const context = { sub: claims.sub, scope: claims.scope ?? '', [CLAIMS]: JSON.stringify(claims) }
    if (isSimple) return { isAuthorized: true, context }
    const isForOne = own.checks !== undefined || claims.cnf !== undefined
    return { ...policy(claims.sub, 'Allow', isForOne ? arn : stageOf(arn)), context }
  }
}

/**
 * The claims that {@link authorizer} has found, in the function behind it. Checks nothing again: only for functions
 * that nobody can call but API Gateway.
 *
 * @throws {ToolkitError} `ERR_USAGE` when no such authorizer stands in front.
 */
export function claimsOf<Claims = Record<string, unknown>>(event: GatewayEvent): AccessTokenClaims<Claims> {
  const { authorizer: found } = (event.requestContext ?? {}) as { authorizer?: unknown }
  const { lambda, [CLAIMS]: own } = (found ?? {}) as Record<string, unknown>
  const text = own ?? (lambda as Record<string, unknown> | undefined | null)?.[CLAIMS]
  if (typeof text === 'string') return JSON.parse(text) as AccessTokenClaims<Claims>
  throw new ToolkitError('ERR_USAGE', 'the event has no claims of an authorizer', {
    hint: 'Let API Gateway ask a function that authorizer(verifier) has made, or wrap the handler in withAuth.',
  })
}

const CLAIMS = 'auth0claims'

const LAMBDA: OptionTable<LambdaAuthOptions<GatewayEvent, unknown>> = {
  ...AUTH_OPTIONS,
  preflight: mustBeFunction,
}
const AUTHORIZER: OptionTable<AuthorizerOptions> = {
  onRefused: mustBeFunction,
  answer: mustBeOneOf('simple', 'policy'),
}

function wrapped<Claims, Event extends GatewayEvent, Context, Result>(
  of: string,
  verifier: Verifier<Claims>,
  handler: (
    event: Event,
    claims: AccessTokenClaims<Claims> | undefined,
    context: Context,
  ) => Result | Promise<Result>,
  needs: Needs<Claims>,
  given: LambdaAuthOptions<Event, Result>,
  passes: (request: RequestLike) => boolean,
): (event: Event, context: Context) => Promise<Result | GatewayResult> {
  assertVerifier(verifier, of)
  if (typeof handler !== 'function') throw usage(of, `${of} needs a handler after the verifier`)
  const own = fixedNeeds(needs, of)
  const table = LAMBDA as OptionTable<LambdaAuthOptions<Event, Result>>
  const { preflight, ...options } = checkedOptions(of, given, table)
  return async (event, context) => {
    const request = requestOf(event)
    if (preflight !== undefined && isPreflight(request)) return preflight(event)
    let claims: AccessTokenClaims<Claims> | undefined
    try {
      claims = passes(request) ? undefined : await verifier.verify(request, own)
    } catch (error) {
      const { status, headers, body } = await answerFor(error, request, options)
      return {
        statusCode: status,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }
    }
    return handler(event, claims, context)
  }
}

function requestOfAuthorizer(event: AuthorizerEvent): LambdaRequest<AuthorizerEvent> {
  if (event.type !== 'TOKEN') return requestOf(event)
  const { authorizationToken } = event
  return { event, headers: authorizationToken === undefined ? {} : { authorization: authorizationToken } }
}

function requestOf<Event extends GatewayEvent>(event: Event): LambdaRequest<Event> {
  const { http, httpMethod, domainName, path } = (event.requestContext ?? {}) as {
    http?: { method?: string }
    httpMethod?: string
    domainName?: string
    path?: string
  }
  const headers = headersOf(event)
  const method = http?.method ?? event.httpMethod ?? httpMethod
  const [host] = [domainName ?? headers['host'] ?? []].flat()
  // Has the stage, and the path as the client wrote it; the path of format 1.0 has neither.
  const target = event.rawPath ?? path ?? event.path
  return {
    event,
    headers: headers as HeadersLike,
    ...(method === undefined ? {} : { method }),
    ...(host === undefined || target === undefined
      ? {}
      : { url: `https://${host}${target}${queryOf(event)}` }),
  }
}

/** By name in lower case. Several of one name stay several, also when their names differ in case. */
function headersOf({ headers, multiValueHeaders }: GatewayEvent): Record<string, string[]> {
  const found: Record<string, string[]> = Object.create(null)
  const several = Object.entries(multiValueHeaders ?? {})
  const names = new Set(several.map(([name]) => name.toLowerCase()))
  // Format 1.0 has each header in both members; `headers` keeps only the last of several with one name.
  const single = Object.entries(headers ?? {}).filter(([name]) => !names.has(name.toLowerCase()))
  for (const [name, values] of [...several, ...single]) {
    if (values === undefined || values === null) continue
    const own = name.toLowerCase()
    found[own] = [...(found[own] ?? []), ...[values].flat()]
  }
  return found
}

function queryOf(event: GatewayEvent): string {
  const { rawQueryString, multiValueQueryStringParameters, queryStringParameters } = event
  if (rawQueryString !== undefined) return rawQueryString === '' ? '' : `?${rawQueryString}`
  const pairs = Object.entries(multiValueQueryStringParameters ?? queryStringParameters ?? {}).flatMap(
    ([name, values]) => [values ?? []].flat().map((value): [string, string] => [name, value]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

function policy(principalId: string, effect: 'Allow' | 'Deny', resource: string): PolicyResult {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
    },
  }
}

/** All methods of the stage, from the one that was asked for: `arn:aws:execute-api:<region>:<account>:<api>/<stage>/…`. */
function stageOf(arn: string): string {
  const stage = /^[^/]+\/[^/]+\//.exec(arn)?.[0]
  return stage === undefined ? arn : `${stage}*`
}
