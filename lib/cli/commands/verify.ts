import { relative, resolve } from 'node:path'
import { quietCause, ToolkitError } from '../../errors.ts'
import { readText } from '../../files/index.ts'
import { fits } from '../../verify/algorithms.ts'
import {
  explainToken,
  type JsonWebKeySet,
  type Refusal,
  type VerifierOptions,
  type VerifyAlgorithm,
} from '../../verify/index.ts'
import { keysIn } from '../../verify/key-set.ts'
import { algorithmsOf, apiContract, issuerOf, named, scopesOf } from '../api-contract.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { presentedToken } from '../presented-token.ts'

/** `claims verify`: is this token acceptable for this API, and if not, why. */
export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'Say whether an access token is good for an API, and if not, why',
  flags: {
    issuer: {
      value: '<url>',
      help: 'expected issuer; when left out that of AUTH0_DOMAIN (a host name or an address), or the local tenant',
    },
    audience: {
      value: '<id>',
      help: 'identifier of the API; when left out, that of the only contract for access tokens',
    },
    contract: {
      value: '<file>',
      help: "the contract; when left out, the workspace's contract for the audience",
    },
    jwks: { value: '<file>', help: 'a JWKS file instead of fetching the keys of the issuer: works offline' },
    algorithms: {
      value: '<names>',
      help: 'algorithms of signatures that the API takes; when left out, RS256 and PS256',
    },
    scope: { value: '<scopes>', help: 'scopes that the endpoint needs, separated by blanks' },
    organization: { value: '<id|name>', help: 'the organization that the token must be for' },
    ...JSON_FLAG,
  },
  words: [
    {
      name: '[<token>]',
      help: 'the token, or a whole token response; read from standard input when left out, which keeps it out of the shell history',
    },
  ],
  async run(terminal, values, positionals) {
    if (positionals.length > 1) {
      throw new ToolkitError('ERR_USAGE', 'one token is verified at a time', {
        hint: 'Name one, or none and send it to standard input.',
      })
    }
    const options = await optionsOf(terminal, values)
    const { token, foundIn } = presentedToken(positionals[0] ?? (await terminal.stdin()))
    if (token === '') {
      throw new ToolkitError('ERR_USAGE', 'there is no token', {
        hint: 'Send it to standard input, e.g. claims verify < token.txt.',
      })
    }
    if (foundIn !== undefined) terminal.err(`note: the access token of ${foundIn}`)
    const scopes = scopesOf(values)
    const organization = named(values, 'organization')
    const { reasons, payload } = await explainToken(token, options, {
      scopes,
      ...(organization === undefined ? {} : { organization }),
    })
    const outage = reasons.find(({ code }) => code === 'keys_unavailable')
    if (outage !== undefined) {
      throw new ToolkitError(
        'ERR_ENVIRONMENT',
        `the keys of "${options.issuer}" cannot be fetched${whyNot(outage)}`,
        {
          hint: 'Check the issuer and the network, or name a file with --jwks.',
        },
      )
    }
    const accepted = reasons.length === 0
    if (values['json'] === true) {
      terminal.out(jsonDocument('verify', { accepted, reasons, payload }))
    } else if (accepted) {
      terminal.out(`accepted: a good access token for ${options.audience}`)
      if (payload?.['cnf'] !== undefined) {
        terminal.out(
          '  bound to a key: good only with the scheme DPoP and a proof, which each request brings',
        )
      }
    } else {
      terminal.out(`refused for ${options.audience}`)
      for (const reason of reasons) {
        terminal.out(`  ${reason.code}: ${reason.message}`)
        const hint = hintFor(reason, options, payload)
        if (hint !== undefined) terminal.out(`    hint: ${hint}`)
      }
    }
    return accepted ? EXIT.clean : EXIT.findings
  },
})

async function optionsOf(
  terminal: Terminal,
  values: OptionValues,
): Promise<VerifierOptions & { issuer: string }> {
  const api = await apiContract(terminal, values)
  const issuer = issuerOf(values, terminal.env['AUTH0_DOMAIN'])
  const algorithms = algorithmsOf(values)
  const jwks = await jwksOf(terminal, named(values, 'jwks'), algorithms ?? ['RS256', 'PS256'])
  return {
    issuer,
    ...api,
    // Whether a request proves the possession of its key cannot be seen in the token.
    dpop: true,
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(jwks === undefined ? {} : { jwks }),
  }
}

/** What was in the way: the innermost of what was thrown says most. */
function whyNot(outage: Refusal): string {
  let error: unknown = (outage as Partial<{ cause: unknown }>).cause
  for (let depth = 0; error instanceof Error && error.cause instanceof Error && depth < 5; depth++)
    error = error.cause
  return error instanceof Error && error.message !== '' ? `: ${error.message}` : ''
}

async function jwksOf(
  terminal: Terminal,
  file: string | undefined,
  algorithms: readonly VerifyAlgorithm[],
): Promise<JsonWebKeySet | undefined> {
  if (file === undefined) return undefined
  const path = resolve(terminal.cwd, file)
  const shown = relative(terminal.cwd, path)
  let value: unknown
  try {
    value = JSON.parse(await readText(path))
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `the JWKS "${shown}" cannot be read`, {
      ...quietCause(cause),
      hint: 'Name a JSON file as an issuer serves it at /.well-known/jwks.json.',
    })
  }
  if (!Array.isArray((value as { keys?: unknown } | null)?.keys)) {
    throw new ToolkitError('ERR_INPUT', `"${shown}" is not a JWKS`, {
      hint: 'A JWKS is a JSON object with "keys".',
    })
  }
  if (!keysIn(value).some((jwk) => algorithms.some((name) => fits(jwk, name)))) {
    throw new ToolkitError('ERR_INPUT', `"${shown}" has no public key for ${algorithms.join(' or ')}`, {
      hint: 'Name the key set of the issuer; --algorithms names others.',
    })
  }
  return value as JsonWebKeySet
}

function hintFor(
  { code, claim }: Refusal,
  options: VerifierOptions,
  payload: Record<string, unknown> | undefined,
): string | undefined {
  switch (code) {
    case 'opaque_token':
      return `The client asked for no audience. Send audience=${options.audience} to /authorize.`
    case 'wrong_audience':
      return `The client must send audience=${options.audience} to /authorize.`
    case 'wrong_issuer':
      return 'The issuer of Auth0 is https://<domain>/, with the final slash; a custom domain gives another issuer.'
    case 'id_token':
      return 'Send the access token to the API; the ID token is for the application.'
    case 'expired':
      return 'Get a new token: log in again, or use the refresh token.'
    case 'unknown_key':
      return 'The token is from another tenant, or its key was revoked.'
    case 'insufficient_scope':
      return 'Ask for the scope at /authorize; with RBAC the user also needs a role that grants it.'
    case 'wrong_organization':
      return 'Log in with organization=<org_id>; names need to be enabled in the tenant.'
    case 'contract_violation':
      return claim !== undefined && payload?.[claim] === undefined
        ? 'No Action set the claim for this login, or Auth0 dropped it: claims check says which, claims explain why.'
        : 'The Action writes another value than the contract allows.'
    case 'algorithm_not_allowed':
      return 'An API takes other algorithms only when they are named: --algorithms does.'
    case 'sender_constrained':
      return 'The token is bound to a certificate: only mTLS can prove it, which this verifier does not check.'
    default:
      return undefined
  }
}
