import { relative, resolve } from 'node:path'
import { ToolkitError } from '../../errors.ts'
import { readText } from '../../files/index.ts'
import { isLoopback } from '../../loopback.ts'
import type { TokenDialect } from '../../tokens/types.ts'
import { attack, isAccepted, type Send, turnKeys } from '../../verify/attack.ts'
import { judgementOn, LEVELS } from '../../verify/attack-levels.ts'
import { type Prover, proverFor } from '../../verify/bad-proofs.ts'
import type { BadToken } from '../../verify/bad-tokens.ts'
import type { GoodToken } from '../../verify/good-tokens.ts'
import { rawRequest } from '../../verify/node-raw-request.ts'
import { type ServedTestIssuer, serveTestIssuer } from '../../verify/node-test-issuer.ts'
import { createTestIssuer, type TestIssuer, type TestIssuerOptions } from '../../verify/test-issuer.ts'
import type { JsonWebKeyLike, Needs, SignatureAlgorithm } from '../../verify/types.ts'
import { algorithmsOf, apiContract, issuerOf, LOCAL_ISSUER, named, scopesOf, words } from '../api-contract.ts'
import { readIgnored, unneeded, withIgnored } from '../attack-ignore.ts'
import { fails, jsonOf, junitOf, sarifOf, textOf } from '../attack-report.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { packageVersion } from '../package-json.ts'

/** `claims attack`: which tokens that must be refused does an API let in. */
export const attackCommand = defineCommand({
  name: 'attack',
  summary: 'Send an API every kind of token that it must refuse, and good ones, and tell where it is wrong',
  flags: {
    method: { value: '<method>', help: 'GET when left out' },
    issuer: {
      value: '<url>',
      help: `issuer that the API trusts, served here meanwhile; ${LOCAL_ISSUER} when left out`,
    },
    key: {
      value: '<file>',
      help: 'a private key (JWK) that the API trusts for the issuer: nothing is served then',
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
    algorithms: {
      value: '<names>',
      help: 'algorithms of signatures that the API takes, separated by blanks: good tokens of each must get in, and of no other; RS256 when left out',
    },
    dialect: {
      value: '<names>',
      help: "profiles of tokens that the API takes: access_token (Auth0's own, when left out), rfc9068_profile, or both",
    },
    dpop: {
      value: '<allowed|required>',
      help: 'the API takes tokens that are bound to a key, with their proofs, or no others',
    },
    keys: { help: 'also turn the keys of the issuer, and let its key set fail; not with --key' },
    patience: {
      value: '<seconds>',
      with: 'keys',
      help: 'how long the API may take to notice a new key; 35 when left out',
    },
    level: {
      value: '<must|should|opinion>',
      help: 'what ends the command with 1: must (a standard demands it), should (a standard or Auth0 advises it; when left out), opinion (ours)',
    },
    ignore: { value: '<file>', help: 'JSON with what to leave out, each with a reason' },
    host: { value: '<name>', help: 'also send to this host, which is not this machine; it must be yours' },
    ...JSON_FLAG,
    format: { value: '<format>', insteadOf: 'json', help: 'text (default), json, junit or sarif' },
    at: {
      value: '<file>',
      help: "a file of the API's code, which SARIF names as the place; claims.config.json when left out",
    },
  },
  words: [{ name: '<url>', help: 'an endpoint of the API on this machine that a good token may call' }],
  async run(terminal, values, positionals) {
    const url = targetOf(positionals, named(values, 'host'))
    const method = methodOf(named(values, 'method'))
    const needs = needsOf(values)
    const format = formatOf(values)
    const level = choice(values, 'level', LEVELS) ?? 'should'
    const dpop = choice(values, 'dpop', ['allowed', 'required'])
    const patience = patienceOf(values)
    const dialects = dialectsOf(values)
    const algorithms = (algorithmsOf(values) ?? ['RS256']) as SignatureAlgorithm[]
    const ignoreFile = named(values, 'ignore')
    const ignored = ignoreFile === undefined ? [] : await readIgnored(terminal.cwd, ignoreFile)
    const facts = { level, endpoint: `${method} ${url}`, file: named(values, 'at') ?? 'claims.config.json' }
    const others =
      named(values, 'algorithms') === undefined || named(values, 'key') !== undefined
        ? []
        : KINDS.filter((one) => !algorithms.includes(one))
    const { issuer, served, stop } = await trustedIssuer(terminal, values, { algorithms, others })
    try {
      const prover = dpop === undefined ? undefined : await proverFor({ method, url })
      const common = tokenFor(needs, dpop === 'required' ? prover : undefined)
      const kit: BadToken[] = []
      const good: GoodToken[] = []
      const combinations = algorithms.flatMap((algorithm) =>
        dialects.map((dialect) => ({ algorithm, dialect })),
      )
      for (const one of combinations) {
        const token = { ...common, ...one }
        // Each name stands once.
        const own = <Entry extends { name: string }>(entry: Entry): Entry =>
          combinations.length === 1
            ? entry
            : { ...entry, name: `${entry.name} [${one.algorithm}, ${one.dialect}]` }
        kit.push(...(await issuer.badTokens({ ...token, needs, request: { method, url } })).map(own))
        const kind = {
          ...(prover === undefined ? {} : { prover }),
          ...(dpop === 'required' ? { isBoundOnly: true } : {}),
        }
        good.push(...(await issuer.goodTokens({ ...token, ...kind })).map(own))
      }
      for (const algorithm of others) {
        const name = `a good ${algorithm} token`
        const token = await issuer.issueTestToken({ ...common, algorithm, dialect: dialects[0]! })
        kit.push({ family: 'algorithm', name, token, ...judgementOn('algorithm', name) })
      }
      const usual = { ...common, ...combinations[0]! }
      const { before, after, results } = await attack({
        url,
        method,
        kit,
        good,
        goodToken: await issuer.issueTestToken(usual),
        raw: rawRequest,
        ...(dpop === 'required' && prover !== undefined ? { prover } : {}),
        ...(values['keys'] === true && served !== undefined
          ? {
              first: (send: Send) =>
                turnKeys({ ...served, issue: () => served.issueTestToken(usual) }, send, patience),
            }
          : {}),
      })
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
      const judged = withIgnored(results, ignored, ignoreFile ?? '')
      for (const { family, name } of unneeded(results, ignored)) {
        const what = name === undefined ? `the family "${family}"` : `"${name}" (${family})`
        terminal.err(`note: nothing of ${what} is wrong any more: its entry in "${ignoreFile}" can go`)
      }
      if (format === 'text') terminal.out(textOf(judged, facts))
      else if (format === 'json') terminal.document(jsonOf(judged, facts))
      else if (format === 'junit') terminal.document(junitOf(judged, facts))
      else terminal.document(sarifOf(judged, facts, packageVersion(import.meta.url)))
      return judged.some((one) => fails(one, level)) ? EXIT.findings : EXIT.clean
    } finally {
      await stop()
    }
  },
})

/** An algorithm of each kind, for what an API does not take. */
const KINDS: readonly SignatureAlgorithm[] = ['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA']

const DIALECTS: readonly TokenDialect[] = ['access_token', 'rfc9068_profile']

function dialectsOf(values: OptionValues): TokenDialect[] {
  const given = named(values, 'dialect')?.split(' ').filter(Boolean) ?? ['access_token']
  if (given.every((one) => (DIALECTS as string[]).includes(one))) return [...new Set(given)] as TokenDialect[]
  throw new ToolkitError('ERR_USAGE', '--dialect takes profiles of tokens with blanks between them', {
    hint: `They are ${DIALECTS.join(' and ')}.`,
  })
}

function choice<Value extends string>(
  values: OptionValues,
  flag: string,
  all: readonly Value[],
): Value | undefined {
  const given = named(values, flag)
  if (given === undefined || (all as readonly string[]).includes(given)) return given as Value | undefined
  throw new ToolkitError('ERR_USAGE', `--${flag} is one of ${all.join(', ')}`, {
    hint: `E.g. --${flag} ${all[0]}.`,
  })
}

function formatOf(values: OptionValues): string {
  if (values['json'] === true) return 'json'
  return choice(values, 'format', ['text', 'json', 'junit', 'sarif']) ?? 'text'
}

function patienceOf(values: OptionValues): number {
  if (values['keys'] === true && named(values, 'key') !== undefined) {
    throw new ToolkitError('ERR_USAGE', '--keys does not go with --key: nothing is served then', {
      hint: 'Let the API trust an issuer on http://localhost:<port>/, and name it with --issuer.',
    })
  }
  const given = named(values, 'patience') ?? '35'
  if (/^\d{1,4}$/.test(given)) return Number(given)
  throw new ToolkitError('ERR_USAGE', '--patience takes whole seconds', { hint: 'E.g. --patience 35.' })
}

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
  {
    algorithms,
    others,
  }: { algorithms: readonly SignatureAlgorithm[]; others: readonly SignatureAlgorithm[] },
): Promise<{ issuer: TestIssuer; served?: ServedTestIssuer; stop: () => Promise<void> }> {
  const api = await apiContract(terminal, values)
  const issuer = issuerOf(values)
  const options: TestIssuerOptions = { issuer, ...api, algorithms, otherAlgorithms: others }
  const file = named(values, 'key')
  if (file !== undefined) {
    if (algorithms.length > 1) {
      throw new ToolkitError('ERR_USAGE', '--key is of one algorithm, and --algorithms names several', {
        hint: 'Name one, or leave --key out.',
      })
    }
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
    const served = await serveTestIssuer({
      ...options,
      nextKey: values['keys'] === true,
      port: Number(port || 80),
    })
    return { issuer: served, served, stop: served.stop }
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
      hint: 'Name a JSON file with a private key as JWK: RSA, unless --algorithms names another.',
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

/** A token that has what the endpoint needs, bound to a key where the API takes no other. */
function tokenFor({ scopes = [], permissions = [], organization }: Needs, prover: Prover | undefined) {
  const byId = organization?.startsWith('org_') === true
  return {
    scope: ['openid', ...scopes].join(' '),
    claims: {
      ...(permissions.length === 0 ? {} : { permissions }),
      ...(organization === undefined ? {} : { org_id: byId ? organization : 'org_test' }),
      ...(organization === undefined || byId ? {} : { org_name: organization }),
      ...(prover === undefined ? {} : { cnf: { jkt: prover.jkt } }),
    },
  }
}

function refusedGood(status: number | undefined, { issuer, audience }: TestIssuer): ToolkitError {
  const answered = status === undefined ? 'does not answer' : `answers ${status} to the good token`
  return new ToolkitError('ERR_ENVIRONMENT', `the API ${answered}, so the bad ones would show nothing`, {
    hint:
      status === undefined
        ? 'Start the API, and let it listen where the address says.'
        : `It must trust the issuer ${issuer} for the audience ${audience}; --scope, --permissions and --organization say what the endpoint needs, --algorithms, --dialect and --dpop which tokens it takes. One that runs on from an earlier attack may take half a minute to ask for the new keys.`,
  })
}
