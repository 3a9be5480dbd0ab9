import { ToolkitError } from '../errors.ts'
import { LOOPBACK_NAMES } from '../loopback.ts'
import {
  authorizationUrl,
  codeChallenge,
  createCodeVerifier,
  exchangeCode,
  type Fetch,
  listenOnLoopback,
  randomValue,
  readCallback,
  type TokenResponse,
  verifyIdToken,
} from '../oauth/index.ts'
import type { LocalFile } from '../workspace/index.ts'
import type { Terminal } from './command.ts'

/** Where to log in, and as which app. */
export interface LoginTarget {
  issuer: string
  client_id: string
  redirect_uri: string
  audience?: string
}

export interface PkceLoginOptions {
  /** Separated by blanks. */
  scope: string
  organization?: string
  fetch?: Fetch
  /** Takes a user through the pages of the tenant, and returns the callback. */
  authorize(url: URL): Promise<URL>
}

export interface LoggedIn {
  tokens: TokenResponse
  /** Verified payload; absent without the scope `openid`. */
  idToken?: Record<string, unknown>
}

/**
 * Authorization Code with PKCE, up to tokens and a verified ID token.
 *
 * @throws {OAuthClientError} `ERR_OAUTH`
 */
export async function pkceLogin(
  target: LoginTarget,
  { authorize, fetch, organization, scope }: PkceLoginOptions,
): Promise<LoggedIn> {
  const code_verifier = createCodeVerifier()
  const [state, nonce] = [randomValue(), randomValue()]
  const url = authorizationUrl({
    ...target,
    scope,
    state,
    nonce,
    code_challenge: codeChallenge(code_verifier),
    ...(organization !== undefined && { organization }),
  })
  const { code } = readCallback(await authorize(url), { state })
  const options = { ...target, ...(fetch !== undefined && { fetch }) }
  const tokens = await exchangeCode({ ...options, code, code_verifier })
  if (tokens.id_token === undefined) return { tokens }
  return { tokens, idToken: await verifyIdToken(tokens.id_token, { ...options, nonce }) }
}

/** Shows the address, and waits for the browser to come back. */
export async function throughBrowser(terminal: Terminal, url: URL, redirectUri: string): Promise<URL> {
  const state = url.searchParams.get('state')
  const listener = await listenOnLoopback(redirectUri, state === null ? {} : { state })
  try {
    terminal.err('Open this address in a browser:')
    terminal.err(url.href)
    const callback = await Promise.race([listener.callback, terminal.stopped])
    if (callback !== undefined) return callback
    throw new ToolkitError('ERR_USAGE', 'the login was not finished')
  } finally {
    await listener.stop()
  }
}

/** An application as tenant.yaml or the tenant describes it. */
interface App {
  app_type?: string
  callbacks?: readonly string[]
}

/** The callback of an application that a program on this machine can wait at. */
export function loopbackCallback({ callbacks = [] }: App): string | undefined {
  return callbacks.find((callback) => {
    const url = URL.canParse(callback) ? new URL(callback) : undefined
    return url?.protocol === 'http:' && LOOPBACK_NAMES.includes(url.hostname)
  })
}

/** The application to log in with when none is named: a native one if there is one. */
export function usualApp<T extends App>(apps: readonly T[]): T | undefined {
  return apps.find(({ app_type }) => app_type === 'native') ?? apps[0]
}

/**
 * What a user of tenant.local.yaml types in.
 *
 * @throws {ToolkitError} `ERR_USAGE` when there is none with this address.
 */
export function localUser(
  local: LocalFile | undefined,
  email: string,
): { username: string; password: string } {
  const user = local?.users.find((one) => one.email.toLowerCase() === email.toLowerCase())
  if (user !== undefined) return { username: user.email, password: user.password }
  throw new ToolkitError('ERR_USAGE', `tenant.local.yaml has no user "${email}"`, {
    hint: `There are: ${local?.users.map((one) => one.email).join(', ') ?? 'none'}.`,
  })
}
