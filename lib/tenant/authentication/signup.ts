import type { TenantContext } from '../context.ts'
import type { Client, User } from '../entities.ts'
import { pageAddress } from '../pages/login-pages.ts'
import { type SignupPage, signupPage } from '../pages/signup-page.ts'
import { DATABASE_CONNECTION } from '../state.ts'
import { createUser, findUser, isEmailAddress, signupIsOpen } from '../users.ts'
import { isAllowedOrigin } from './cors.ts'
import { OAuthError } from './errors.ts'
import {
  type Authentication,
  addressOf,
  bodyMembers,
  type Http,
  htmlResponse,
  isFromElsewhere,
} from './http.ts'
import { advance } from './login-flow.ts'
import { redirect } from './responses.ts'
import { provedBy } from './sessions.ts'
import type { Transaction } from './store.ts'
import { assertCurrent, clientOf, postedTransaction, transactionOf } from './transactions.ts'

/** The profile members that a signup may set, with Auth0's limits of length. */
const PROFILE = { given_name: 150, family_name: 150, name: 300, nickname: 300, picture: 2048 } as const

/** @see https://auth0.com/docs/api/authentication/signup/create-a-new-user */
const METADATA = { properties: 10, name: 100, value: 500 }

type Profile = { [Name in keyof typeof PROFILE | 'username']?: string } & {
  user_metadata?: Record<string, string>
}

/**
 * `POST /dbconnections/signup`: a new user of the database connection, for tests. Sends no mail; the address is
 * not verified. Has no password policy. Takes the profile and `user_metadata`, as Auth0 does, and nothing from a
 * page whose origin no app names.
 *
 * @see https://auth0.com/docs/api/authentication/signup/create-a-new-user
 */
export async function signup(
  { context }: Authentication,
  c: Http,
): Promise<Profile & { _id: string; email: string; email_verified: boolean }> {
  const origin = c.req.header('origin')
  if (origin !== undefined && isFromElsewhere(c) && !isAllowedOrigin(context.state, origin)) {
    throw new OAuthError(403, 'access_denied', 'The origin of this page is not allowed')
  }
  const { params, objects } = await bodyMembers(c, ['user_metadata'])
  const required = (name: string) => {
    const value = params.get(name)
    if (!value) throw new OAuthError(400, 'invalid_request', `Missing required parameter: ${name}`)
    return value
  }
  const client = context.state.clients.get(required('client_id'))
  if (client === undefined) throw new OAuthError(400, 'invalid_request', 'Unknown client')
  const email = required('email')
  const password = required('password')
  if (required('connection') !== DATABASE_CONNECTION) throw invalidSignup()
  if (!signupIsOpen(context.state))
    throw new OAuthError(400, 'public_signup_disabled', 'Public signup is disabled')
  const profile = profileOf(params, objects.get('user_metadata'))
  const user = await addUser(context, c, client, { ...profile, email, password })
  if (typeof user === 'string') throw invalidSignup()
  return { _id: user.user_id.replace(/^[^|]*\|/, ''), ...profile, email: user.email, email_verified: false }
}

/** @throws {OAuthError} 400 for what is longer than Auth0 takes it */
function profileOf(params: URLSearchParams, metadata: Record<string, unknown> | undefined): Profile {
  const profile: Profile = {}
  const username = params.get('username')
  if (username) profile.username = username
  for (const [name, most] of Object.entries(PROFILE) as [keyof typeof PROFILE, number][]) {
    const value = params.get(name)
    if (!value) continue
    if (value.length > most) throw invalid(`Parameter '${name}' must have at most ${most} characters`)
    profile[name] = value
  }
  if (metadata !== undefined) profile.user_metadata = metadataOf(metadata)
  return profile
}

function metadataOf(metadata: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(metadata)
  const { properties, name, value } = METADATA
  if (entries.length > properties) throw invalid(`user_metadata must have at most ${properties} properties`)
  for (const [key, held] of entries) {
    if (key.length > name) throw invalid(`A name in user_metadata must have at most ${name} characters`)
    if (typeof held !== 'string' || held.length > value)
      throw invalid(`A value in user_metadata must be a string of at most ${value} characters`)
  }
  return metadata as Record<string, string>
}

function invalid(description: string): OAuthError {
  return new OAuthError(400, 'invalid_request', description)
}

function invalidSignup(): OAuthError {
  return new OAuthError(400, 'invalid_signup', 'Invalid sign up', {
    code: 'invalid_signup',
    name: 'BadRequestError',
  })
}

/** The new user, or what is wrong with it. */
async function addUser(
  context: TenantContext,
  c: Http,
  client: Client,
  wanted: Profile & { email: string; password: string },
): Promise<User | string> {
  const facts = { client_id: client.client_id, client_name: client.name, ip: addressOf(c) }
  const refused = (reason: string) => {
    context.record({ type: 'fs', description: reason, ...facts })
    return reason
  }
  if (!isEmailAddress(wanted.email)) return refused('Enter an email address')
  const user = await createUser({ ...wanted, email_verified: false }, context.clock())
  // After the await: two signups at once must not both find the address free.
  const taken = [user.email, user.username].some((name) => findUser(context.state, name ?? '') !== undefined)
  if (taken) return refused('The user already exists')
  context.state.users.set(user.user_id, user)
  context.record({
    type: 'ss',
    description: 'Successful signup',
    ...facts,
    user_id: user.user_id,
    user_name: user.email,
  })
  return user
}

/** `GET /u/signup`. */
export async function showSignup(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  if (!signupIsOpen(auth.context.state)) return redirect(pageAddress('login', transaction.id))
  return htmlResponse(c, await form(auth, transaction, { email: transaction.request.login_hint }))
}

/** `POST /u/signup`: the new user is logged in. */
export async function postSignup(auth: Authentication, c: Http): Promise<Response> {
  const { context } = auth
  const { transaction, fields } = await postedTransaction(auth, c)
  const email = (fields['email'] ?? '').trim()
  const password = fields['password'] ?? ''
  const again = async (error: string) => htmlResponse(c, await form(auth, transaction, { email, error }), 400)
  if (!signupIsOpen(context.state)) return again('Public signup is disabled')
  if (password === '') return again('Enter a password')
  const user = await addUser(context, c, clientOf(auth.context, transaction), { email, password })
  if (typeof user === 'string') return again(user)
  assertCurrent(auth, c, transaction)
  provedBy(auth, c, transaction, user)
  return advance(auth, c, transaction, fields)
}

function form(
  auth: Authentication,
  transaction: Transaction,
  values: Pick<SignupPage, 'email' | 'error'>,
): Promise<string> {
  const { name } = clientOf(auth.context, transaction)
  return signupPage({ state: transaction.id, csrf: transaction.csrf, client: name, ...values })
}
