import { relative, resolve } from 'node:path'
import { ToolkitError } from '../../errors.ts'
import { readText } from '../../files/index.ts'
import { isLoopback } from '../../loopback.ts'
import { type AttackResult, attack, isAccepted } from '../../verify/attack.ts'
import { rawRequest } from '../../verify/node-raw-request.ts'
import { serveTestIssuer } from '../../verify/node-test-issuer.ts'
import { createTestIssuer, type TestIssuer, type TestIssuerOptions } from '../../verify/test-issuer.ts'
import type { JsonWebKeyLike, Needs } from '../../verify/types.ts'
import { apiContract, issuerOf, LOCAL_ISSUER, named, scopesOf, words } from '../api-contract.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'

/** `claims attack`: which tokens that must be refused does an API let in. */
export const attackCommand = defineCommand({
  name: 'attack',
  summary: 'Send an API every kind of token that it must refuse, and tell which got in',
  flags: {
    method: { value: '<method>', help: 'GET when left out' },
    issuer: {
      value: '<url>',
      help: `issuer that the API trusts, served here meanwhile; ${LOCAL_ISSUER} when left out`,
    },
    key: {
      value: '<file>',
      help: 'a private RSA key (JWK) that the API trusts for the issuer: nothing is served then',
    },
    audience: {
      value: '<id>',
      help: 'identifier of the API; when left out, that of the only contract for access tokens',
    },
    contract: {
      value: '<file>',
      help: "the contract; when left out, the workspace's contract for the audience",
    },
    scope: { value: '<scopes>', help: 'scopes that the endpoint needs, separated by blanks' },
    permissions: { value: '<names>', help: 'permissions that the endpoint needs, separated by blanks' },
    organization: { value: '<id|name>', help: 'the organization that the endpoint is for' },
    host: { value: '<name>', help: 'also send to this host, which is not this machine; it must be yours' },
    ...JSON_FLAG,
  },
  words: [{ name: '<url>', help: 'an endpoint of the API on this machine that a good token may call' }],
  async run(terminal, values, positionals) {
    const url = targetOf(positionals, named(values, 'host'))
    const method = methodOf(named(values, 'method'))
    const needs = needsOf(values)
    const { issuer, stop } = await trustedIssuer(terminal, values)
    try {
      const token = tokenFor(needs)
      const goodToken = await issuer.issueTestToken(token)
      const kit = await issuer.badTokens({ ...token, needs, request: { method, url } })
      const { before, after, results } = await attack({ url, method, kit, goodToken, raw: rawRequest })
      if (!isAccepted(before)) throw refusedGood(before, issuer)
      if (!isAccepted(after)) {
        throw new ToolkitError(
          'ERR_ENVIRONMENT',
          `the API took the good token first and not last (${after ?? 'no answer'})`,
          {
            hint: 'A bad token may have brought it down, or it limits requests: look at its log.',
          },
        )
      }
      const wrong = results.filter(({ verdict }) => verdict === 'accepted' || verdict === 'failed')
      if (values['json'] === true) terminal.document(documentOf(results))
      else terminal.out(reportOf(results))
      return wrong.length === 0 ? EXIT.clean : EXIT.findings
    } finally {
      await stop()
    }
  },
})

function methodOf(given = 'GET'): string {
  // CONNECT opens a tunnel, and TRACE answers with what it was sent.
  if (/^[a-z]{1,20}$/i.test(given) && !/^(?:connect|trace)$/i.test(given)) return given.toUpperCase()
  throw new ToolkitError('ERR_USAGE', '--method takes one HTTP method', { hint: 'E.g. --method POST.' })
}

function targetOf(positionals: readonly string[], host: string | undefined): string {
  const [url, ...more] = positionals
  if (url === undefined || more.length > 0 || !URL.canParse(url) || !/^https?:/i.test(url)) {
    throw new ToolkitError('ERR_USAGE', 'one address of an API is needed', {
      hint: 'Name an endpoint that a good token may call, e.g. claims attack http://localhost:3000/orders.',
    })
  }
  const { hostname, username, href } = new URL(url)
  if (username !== '') {
    throw new ToolkitError('ERR_USAGE', 'the address must not hold a user name', { hint: 'Leave it out.' })
  }
  if (!isLoopback(hostname) && hostname !== host) {
    throw new ToolkitError('ERR_USAGE', `"${hostname}" is not this machine`, {
      hint: `If it is your own API, name it: --host ${hostname}.`,
    })
  }
  return href
}

async function trustedIssuer(
  terminal: Terminal,
  values: OptionValues,
): Promise<{ issuer: TestIssuer; stop: () => Promise<void> }> {
  const api = await apiContract(terminal, values)
  const issuer = issuerOf(values)
  const options: TestIssuerOptions = { issuer, ...api }
  const file = named(values, 'key')
  if (file !== undefined) {
    const key = await keyIn(terminal, file)
    return { issuer: await createTestIssuer({ ...options, key }), stop: async () => undefined }
  }
  const { protocol, hostname, port } = new URL(issuer)
  if (protocol !== 'http:' || !isLoopback(hostname)) {
    throw new ToolkitError('ERR_USAGE', `the issuer "${issuer}" cannot be served here`, {
      hint: 'Let the API trust an issuer on http://localhost:<port>/, or name a key that it trusts with --key.',
    })
  }
  try {
    const served = await serveTestIssuer({ ...options, port: Number(port || 80) })
    return { issuer: served, stop: served.stop }
  } catch (error) {
    if (!(error instanceof ToolkitError) || error.code !== 'ERR_ENVIRONMENT') throw error
    throw new ToolkitError('ERR_ENVIRONMENT', error.message, {
      hint: 'Stop "claims tenant" there, or name another --issuer that the API trusts.',
      cause: error,
    })
  }
}

async function keyIn(terminal: Terminal, file: string): Promise<JsonWebKeyLike> {
  const path = resolve(terminal.cwd, file)
  let key: unknown
  try {
    key = JSON.parse(await readText(path))
  } catch {
    // Not the cause: a syntax error quotes the text, and this text is a private key. What is no key is told below.
  }
  if (typeof key !== 'object' || key === null || Array.isArray(key)) {
    throw new ToolkitError('ERR_INPUT', `the key "${relative(terminal.cwd, path)}" cannot be read`, {
      hint: 'Name a JSON file with a private RSA key as JWK.',
    })
  }
  return key as JsonWebKeyLike
}

function needsOf(values: OptionValues): Needs {
  const organization = named(values, 'organization')
  return {
    scopes: scopesOf(values),
    permissions: words(values, 'permissions'),
    ...(organization === undefined ? {} : { organization }),
  }
}

/** A token that has what the endpoint needs. */
function tokenFor({ scopes = [], permissions = [], organization }: Needs) {
  const byId = organization?.startsWith('org_') === true
  return {
    scope: ['openid', ...scopes].join(' '),
    claims: {
      ...(permissions.length === 0 ? {} : { permissions }),
      ...(organization === undefined ? {} : { org_id: byId ? organization : 'org_test' }),
      ...(organization === undefined || byId ? {} : { org_name: organization }),
    },
  }
}

function refusedGood(status: number | undefined, { issuer, audience }: TestIssuer): ToolkitError {
  const answered = status === undefined ? 'does not answer' : `answers ${status} to the good token`
  return new ToolkitError('ERR_ENVIRONMENT', `the API ${answered}, so the bad ones would show nothing`, {
    hint:
      status === undefined
        ? 'Start the API, and let it listen where the address says.'
        : `It must trust the issuer ${issuer} for the audience ${audience}; --scope, --permissions and --organization say what the endpoint needs.`,
  })
}

function reportOf(results: readonly AttackResult[]): string[] {
  const count = (verdict: AttackResult['verdict']) => results.filter((one) => one.verdict === verdict).length
  const shown = results.filter(({ verdict }) => verdict === 'accepted' || verdict === 'failed')
  return [
    'accepted the good token',
    ...shown.map(
      ({ verdict, family, name, status }) =>
        `${verdict === 'accepted' ? 'GOT IN' : 'FAILED'} ${family.padEnd(10)} ${name} (${status ?? 'no answer in time'})`,
    ),
    `refused ${count('refused')}, got in ${count('accepted')}, failed ${count('failed')}; ${count('not-sent')} cannot be sent in a header`,
  ]
}

function documentOf(results: readonly AttackResult[]): string {
  const wrong = results.some(({ verdict }) => verdict === 'accepted' || verdict === 'failed')
  return jsonDocument('attack', { clean: !wrong, results })
}
