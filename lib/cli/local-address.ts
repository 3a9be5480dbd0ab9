import { X509Certificate } from 'node:crypto'
import { isLoopbackDomain } from '../deploy/index.ts'
import { ToolkitError } from '../errors.ts'

const PRINTED = 'claims tenant --management <folder>'

/**
 * Host and port of the Management API that `--url` names, on this machine.
 *
 * @throws {ToolkitError} `ERR_USAGE`
 */
export function localHost(url: string): string {
  const [, scheme, rest = url] = /^([a-z][a-z+.-]*):\/\/(.*)$/i.exec(url) ?? []
  const host = rest.replace(/\/$/, '')
  if (!isLoopbackDomain(host)) {
    // A path, or anything else that is no host.
    const shown = URL.canParse(`https://${host}`) ? new URL(`https://${host}`).hostname : url
    const isHere = isLoopbackDomain(shown)
    throw new ToolkitError(
      'ERR_USAGE',
      isHere
        ? '--url takes a host and a port, and nothing else'
        : `--url is for a tenant on this machine, and "${shown}" is not`,
      {
        hint: isHere
          ? 'E.g. --url https://localhost:4430.'
          : 'For a real tenant use --tenant <domain> or --env <name>.',
      },
    )
  }
  if (scheme !== undefined && scheme.toLowerCase() !== 'https') {
    throw new ToolkitError('ERR_USAGE', `--url is the address of the Management API, and that is https`, {
      hint: `${PRINTED} prints it as "Management API"; the http address beside it is for apps.`,
    })
  }
  return host
}

/**
 * The text of a certificate to trust, looked at: what is wrong with it would else be told as a failure of TLS.
 *
 * @param shown Its name as the user gave it.
 * @throws {ToolkitError} `ERR_INPUT`
 */
export function trustedCertificate(pem: string, shown: string, now: Date = new Date()): string {
  const what = kindOf(pem)
  if (what !== undefined) {
    throw new ToolkitError('ERR_INPUT', `"${shown}" is ${what}, not the PEM of a certificate`, {
      hint: `Name the tenant.pem that ${PRINTED} writes; it begins with -----BEGIN CERTIFICATE-----.`,
      file: shown,
    })
  }
  const { validFrom, validTo } = new X509Certificate(pem)
  const late = new Date(validTo) < now
  if (late || new Date(validFrom) > now) {
    throw new ToolkitError(
      'ERR_INPUT',
      `the certificate "${shown}" ${late ? `has ended (${day(validTo)})` : `is not valid before ${day(validFrom)}`}`,
      {
        hint: late
          ? `It is of a tenant that no longer runs: start ${PRINTED} again, which writes a new one.`
          : 'Check the clock of this machine.',
        file: shown,
      },
    )
  }
  return pem
}

/** What a file is that is no certificate in PEM. Nothing of it is shown: it may be a key. */
function kindOf(pem: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return 'a private key'
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    return pem.trim() === '' ? 'empty' : pem.includes('-----BEGIN ') ? 'another kind of PEM' : 'no PEM'
  }
  try {
    new X509Certificate(pem)
    return undefined
  } catch {
    return 'cut short or damaged'
  }
}

function day(text: string): string {
  return new Date(text).toISOString().slice(0, 10)
}
