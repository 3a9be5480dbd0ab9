import { cache } from '../shared/cache.ts'
import type { Trigger } from '../trigger.ts'
import { fault, refused, show } from './effects.ts'
import { elsewhere } from './elsewhere.ts'
import { eventShape } from './event-shape.ts'
import { demandsFactor, situations } from './flows.ts'
import { instead, setters } from './instead.ts'
import { access, validation } from './methods/access.ts'
import { authentication, multifactor } from './methods/authentication.ts'
import { groups, roles } from './methods/people.ts'
import { prompt } from './methods/prompt.ts'
import { redirect } from './methods/redirect.ts'
import { refreshToken } from './methods/refresh-token.ts'
import { rules } from './methods/rules.ts'
import { samlResponse } from './methods/saml-response.ts'
import { session } from './methods/session.ts'
import { accessToken, idToken } from './methods/tokens.ts'
import { transaction } from './methods/transaction.ts'
import { user } from './methods/user.ts'

const handlers = { execute: 'onExecutePostLogin', resume: 'onContinuePostLogin' } as const

/**
 * Runs at each login and at each refresh, before the tokens are made.
 *
 * @see https://auth0.com/docs/customize/actions/explore-triggers/post-login
 */
export const postLogin = {
  id: 'post-login',
  version: 'v3',
  handlers,
  execution: 'login',
  subject: 'user',
  tokens: ['id_token', 'access_token'],
  pages: {
    api: 'https://auth0.com/docs/actions/reference/post-login/post-login-api-object',
    event: 'https://auth0.com/docs/actions/reference/post-login/post-login-event-object',
  },
  eventShape,
  methods: {
    access,
    accessToken,
    authentication: authentication(handlers.resume),
    cache,
    groups,
    idToken,
    multifactor,
    prompt,
    redirect,
    refreshToken,
    roles,
    rules,
    samlResponse,
    session,
    transaction,
    user,
    validation,
  },
  elsewhere,
  instead,
  setters,
  show,
  fault,
  refused,
  secondFactor: demandsFactor,
  answered: 'prompt',
  situations,
} as const satisfies Trigger
