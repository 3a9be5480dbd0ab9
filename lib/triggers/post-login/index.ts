import type { Trigger } from '../trigger.ts'

/**
 * Runs at each login and at each refresh, before the tokens are made.
 *
 * @see https://auth0.com/docs/customize/actions/explore-triggers/post-login
 */
export const postLogin = {
  id: 'post-login',
  version: 'v3',
  handlers: { execute: 'onExecutePostLogin', resume: 'onContinuePostLogin' },
  tokens: ['id_token', 'access_token'],
  pages: {
    api: 'https://auth0.com/docs/actions/reference/post-login/post-login-api-object',
    event: 'https://auth0.com/docs/actions/reference/post-login/post-login-event-object',
  },
} as const satisfies Trigger
