import type { PostLoginApi } from '../../action/index.ts'
import { Authentication } from './authentication.ts'
import { Cache } from './cache.ts'
import { Groups, Roles } from './groups-and-roles.ts'
import type { Recorder } from './recorder.ts'
import { Redirect } from './redirect.ts'
import { RefreshToken } from './refresh-token.ts'
import { SamlResponse } from './saml-response.ts'
import { Session } from './session.ts'
import { Access, Multifactor, Prompt, Rules, Validation } from './small-areas.ts'
import { AccessToken, IdToken } from './tokens.ts'
import { Transaction } from './transaction.ts'
import { User } from './user.ts'

export { type ApiFacts, type LiveEvent, Recorder, type RecorderOptions } from './recorder.ts'

/** The complete `api` object of a post-login Action, in which every call is recorded. */
export function createApi(recorder: Recorder): PostLoginApi {
  const api: Record<string, object> = {}
  api['access'] = new Access(recorder, api)
  api['accessToken'] = new AccessToken(recorder, api)
  api['authentication'] = new Authentication(recorder, api)
  api['cache'] = new Cache(recorder)
  api['groups'] = new Groups(recorder)
  api['idToken'] = new IdToken(recorder, api)
  api['multifactor'] = new Multifactor(recorder, api)
  api['prompt'] = new Prompt(recorder)
  api['redirect'] = new Redirect(recorder, api)
  api['refreshToken'] = new RefreshToken(recorder)
  api['roles'] = new Roles(recorder)
  api['rules'] = new Rules(recorder)
  api['samlResponse'] = new SamlResponse(recorder)
  api['session'] = new Session(recorder)
  api['transaction'] = new Transaction(recorder)
  api['user'] = new User(recorder, api)
  api['validation'] = new Validation(recorder, api)
  return api as unknown as PostLoginApi
}
