import { ORGANIZATION_REQUIRED, type Refusal } from '../../policy/index.ts'

interface LoginPage {
  /** Where in a login the page stands; the user goes from page to page of one step as they like. */
  step: string
  /** What the application gets where nobody may be asked (`prompt=none`). */
  instead: Refusal
}

const LOGIN_REQUIRED: Refusal = { error: 'login_required', description: 'Login required' }
const INTERACTION_REQUIRED: Refusal = { error: 'interaction_required', description: 'Interaction required' }

/** The pages that a login may stop at, each at `/u/<name>`. What shows and what takes them is in `page-handlers.ts`. */
export const LOGIN_PAGES = {
  login: { step: 'login', instead: LOGIN_REQUIRED },
  signup: { step: 'login', instead: LOGIN_REQUIRED },
  organization: { step: 'organization', instead: ORGANIZATION_REQUIRED },
  mfa: {
    step: 'mfa',
    instead: { error: 'login_required', description: 'Multifactor authentication required' },
  },
  form: { step: 'form', instead: INTERACTION_REQUIRED },
  consent: { step: 'consent', instead: { error: 'consent_required', description: 'Consent required' } },
  confirm: { step: 'confirm', instead: INTERACTION_REQUIRED },
} as const satisfies Record<string, LoginPage>

export type LoginPageName = keyof typeof LOGIN_PAGES

/** Where a page of the login with this id is, and where its form goes. */
export function pageAddress(page: LoginPageName, id: string): string {
  return `/u/${page}?state=${encodeURIComponent(id)}`
}

/** The page at a path such as `/u/login`. */
export function pageAt(path: string): LoginPageName | undefined {
  const name = path.slice('/u/'.length)
  return Object.hasOwn(LOGIN_PAGES, name) ? (name as LoginPageName) : undefined
}
