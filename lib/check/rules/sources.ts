import { postLogin } from '../../triggers/index.ts'

/** Pages and files that several families refer to. */
export const SOURCES = {
  api: postLogin.pages.api,
  event: postLogin.pages.event,
  claims: 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims',
  limits: 'https://auth0.com/docs/customize/actions/limitations',
  guidelines: 'https://auth0.com/docs/customize/actions/action-coding-guidelines',
  dependencies: 'https://auth0.com/docs/customize/actions/manage-dependencies',
  firstAction: 'https://auth0.com/docs/customize/actions/write-your-first-action',
  loader:
    'https://github.com/auth0/auth0-actions/blob/77685d16bc5abb218a21e11804a5743e0913c772/src/_shared/_XK5Fidc.js',
  apiCode:
    'https://github.com/auth0/auth0-actions/blob/09eb3b6e2e81f2bcbf7a2791969a9a30cb186751/src/_shared/DvTaCl9e.js',
  harness:
    'https://github.com/auth0/auth0-actions/blob/52e2a1709337a74414f31a2111f9952aa1f82325/src/post-login/v3/test/index.js',
} as const
