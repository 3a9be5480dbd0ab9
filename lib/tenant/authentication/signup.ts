import { DATABASE_CONNECTION } from '../state.ts'
import { createUser, findUser } from '../users.ts'
import { OAuthError } from './errors.ts'
import { type Authentication, bodyParams, type Http } from './http.ts'

/**
 * `POST /dbconnections/signup`: a new user of the database connection, for tests. Sends no mail; the address is
 * not verified. Has no password policy.
 *
 * @see https://auth0.com/docs/api/authentication/signup/create-a-new-user
 */
export async function signup(
  { context }: Authentication,
  c: Http,
): Promise<{ _id: string; email: string; email_verified: boolean }> {
  const params = await bodyParams(c)
  const required = (name: string) => {
    const value = params.get(name)
    if (!value) throw new OAuthError(400, 'invalid_request', `Missing required parameter: ${name}`)
    return value
  }
  const client = context.state.clients.get(required('client_id'))
  if (client === undefined) throw new OAuthError(400, 'invalid_request', 'Unknown client')
  const email = required('email')
  const password = required('password')
  if (!/^[^@\s]+@[^@\s]+$/.test(email) || required('connection') !== DATABASE_CONNECTION)
    throw invalidSignup()
  const username = params.get('username') || undefined
  const user = await createUser(
    { email, password, email_verified: false, ...(username !== undefined && { username }) },
    context.clock(),
  )
  // After the await: two signups at once must not both find the address free.
  if (findUser(context.state, email) !== undefined) throw invalidSignup()
  context.state.users.set(user.user_id, user)
  context.record({
    type: 'ss',
    description: 'Successful signup',
    client_id: client.client_id,
    client_name: client.name,
    user_id: user.user_id,
    user_name: user.email,
    ip: c.env?.ip ?? '127.0.0.1',
  })
  return { _id: user.user_id.replace(/^[^|]*\|/, ''), email: user.email, email_verified: false }
}

function invalidSignup(): OAuthError {
  return new OAuthError(400, 'invalid_signup', 'Invalid sign up', {
    code: 'invalid_signup',
    name: 'BadRequestError',
  })
}
