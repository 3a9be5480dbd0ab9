import { ToolkitError } from '../errors.ts'
import { type Finding, reporter, sortFindings, type TokenKind, tokenName } from '../finding.ts'
import { impactRules } from './impact-rules.ts'
import { type JsonText, parseJson } from './json-text.ts'
import { worstCaseSize } from './size.ts'
import type { Contract } from './types.ts'

const report = reporter(impactRules)

/** Who reads claims, as their file in `schemas/consumers/` says. */
export interface Consumer {
  /** Path as the user would type it. */
  file: string
  /** E.g. `orders-api`. */
  name: string
  token: TokenKind
  /** Identifier of the API; access tokens only. */
  audience?: string
  /** By name, whether the reader fails without the claim. */
  claims: Readonly<Record<string, 'required' | 'optional'>>
  placeOf: JsonText['placeOf']
}

/** What a claim is to those who read it. */
export interface ClaimImpact {
  file: string
  title: string
  token: TokenKind
  audience?: string
  claim: string
  /** Names of consumers that fail without it. */
  requiredBy: string[]
  /** Names of consumers that can do without. */
  readBy: string[]
  /** Bytes of UTF-8 JSON that it may take; `undefined` without a bound. */
  bytes?: number
}

/** Names of claims that a hint lists. */
const SHOWN = 40

/**
 * Reads consumer files. Does not check the claims against contracts: see {@link impactOf}.
 *
 * @throws ToolkitError `ERR_INPUT` with file and line for one that is malformed.
 */
export function readConsumers(texts: readonly { file: string; text: string }[]): Consumer[] {
  return texts.map(({ file, text }) => {
    const json = parseJson(text, file)
    const refuse = (path: readonly string[], message: string, hint: string): never => {
      throw new ToolkitError('ERR_INPUT', message, { file, ...json.placeOf(path), hint })
    }
    const value = json.value as Record<string, unknown>
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refuse([], 'a consumer file is a JSON object', 'See schemas/consumer.schema.json.')
    }
    const { $schema = '', name, token, audience, claims, ...unknown } = value
    const [other] = Object.keys(unknown)
    if (other !== undefined) {
      refuse([other], `a consumer file has no member "${other}"`, 'Known: name, token, audience, claims.')
    }
    if (typeof $schema !== 'string') refuse(['$schema'], '"$schema" must be an address', 'Or leave it out.')
    if (typeof name !== 'string' || name === '') {
      refuse(['name'], '"name" must say who reads the claims', 'E.g. "name": "orders-api".')
    }
    if (token !== 'access_token' && token !== 'id_token') {
      refuse(['token'], '"token" must be "access_token" or "id_token"', 'Say which token is read.')
    }
    if ((token === 'access_token') !== (typeof audience === 'string')) {
      refuse(
        ['audience'],
        'a consumer of access tokens, and no other, names its API',
        'Give "audience" the identifier of the API in tenant.yaml, for "access_token" only.',
      )
    }
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
      return refuse(
        ['claims'],
        '"claims" must be an object',
        'E.g. "claims": { "https://…/roles": "required" }.',
      )
    }
    for (const [claim, need] of Object.entries(claims)) {
      if (need !== 'required' && need !== 'optional') {
        refuse(
          ['claims', claim],
          `"${claim}" must be "required" or "optional"`,
          'Say whether the reader fails without it.',
        )
      }
    }
    return {
      file,
      name: name as string,
      token: token as TokenKind,
      ...(audience === undefined ? {} : { audience: audience as string }),
      claims: claims as Consumer['claims'],
      placeOf: json.placeOf,
    }
  })
}

/** For every claim of every contract, who reads it; and what consumers read that no contract promises. */
export function impactOf(
  contracts: readonly Contract[],
  consumers: readonly Consumer[],
): { claims: ClaimImpact[]; findings: Finding[] } {
  const claims = contracts.flatMap((contract) => {
    const { claims: sizes } = worstCaseSize(contract)
    const readers = consumers.filter((consumer) => reads(consumer, contract))
    const named = (claim: string, need: 'required' | 'optional') =>
      readers.filter((reader) => reader.claims[claim] === need).map(({ name }) => name)
    return contract.claims.map(
      (claim): ClaimImpact => ({
        file: contract.file,
        title: contract.title,
        token: contract.token,
        ...(contract.audience === undefined ? {} : { audience: contract.audience }),
        claim,
        requiredBy: named(claim, 'required'),
        readBy: named(claim, 'optional'),
        ...(Number.isFinite(sizes[claim]) ? { bytes: sizes[claim]! } : {}),
      }),
    )
  })
  const findings = consumers.flatMap((consumer) => unmet(consumer, contracts))
  return { claims, findings: sortFindings(findings) }
}

function reads({ token, audience }: Consumer, contract: Contract): boolean {
  return token === contract.token && audience === contract.audience
}

/** What a consumer relies on that its contract does not promise. */
function unmet(consumer: Consumer, contracts: readonly Contract[]): Finding[] {
  const contract = contracts.find((one) => reads(consumer, one))
  const findings: Finding[] = []
  const add = (
    rule: keyof typeof impactRules,
    path: readonly string[],
    message: string,
    hint: string,
    claim?: string,
    severity: Finding['severity'] = 'error',
  ) => {
    const at = { file: consumer.file, ...consumer.placeOf(path) }
    const { token } = consumer
    findings.push(
      report(rule, at, { severity, message, hint, ...(claim === undefined ? {} : { claim }), token }),
    )
  }
  if (contract === undefined) {
    const where = consumer.audience === undefined ? '' : ` for "${consumer.audience}"`
    add(
      'impact/no-contract',
      ['audience'],
      `"${consumer.name}" reads ${tokenName(consumer.token)}s${where}, which no contract describes.`,
      'Correct the file, or write the contract.',
    )
    return findings
  }
  const described = new Set(contract.claims)
  const promised = new Set(contract.schema.required)
  const names = contract.claims.slice(0, SHOWN).join(', ')
  const has =
    contract.claims.length > SHOWN
      ? `It has ${contract.claims.length} claims: ${names}, …`
      : `It has: ${names}.`
  for (const [claim, need] of Object.entries(consumer.claims)) {
    if (!described.has(claim)) {
      add(
        'impact/unknown-claim',
        ['claims', claim],
        `"${consumer.name}" reads "${claim}", which ${contract.title} does not describe.`,
        has,
        claim,
        need === 'required' ? 'error' : 'warning',
      )
    } else if (need === 'required' && !promised.has(claim)) {
      add(
        'impact/not-promised',
        ['claims', claim],
        `"${consumer.name}" fails without "${claim}", which ${contract.title} does not promise in every token.`,
        'Make the claim required in the contract, or let the reader do without.',
        claim,
      )
    }
  }
  return findings
}
