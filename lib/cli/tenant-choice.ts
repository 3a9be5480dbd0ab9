import { ToolkitError } from '../errors.ts'

/**
 * Which tenant a flag and the environment mean together. The flag alone decides between local and real; the
 * environment only says which real one. So a stray variable never turns a local run into a real one, and a
 * stray flag finds no tenant.
 */
export function tenantDomain(flag: string, fromEnvironment: string | undefined): string | undefined {
  if (flag === 'local') return undefined
  const domain = fromEnvironment?.replace(/^https:\/\//, '').replace(/\/$/, '')
  if (domain === undefined || domain === '') {
    throw new ToolkitError(
      'ERR_USAGE',
      `--tenant ${flag} needs AUTH0_DOMAIN, and the credentials of an application`,
      {
        hint: 'Set AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET (or AUTH0_ACCESS_TOKEN), or leave --tenant out.',
      },
    )
  }
  if (/^http:/i.test(domain)) {
    throw new ToolkitError(
      'ERR_USAGE',
      `AUTH0_DOMAIN is the address of a local tenant, and --tenant ${flag} names a real one`,
      { hint: 'Set AUTH0_DOMAIN to the domain of the real tenant, or leave --tenant out.' },
    )
  }
  if (flag !== 'real' && flag !== domain) {
    throw new ToolkitError('ERR_USAGE', `--tenant names "${flag}", and AUTH0_DOMAIN names "${domain}"`, {
      hint: 'Make them equal, so that it is certain which tenant is meant.',
    })
  }
  return domain
}
