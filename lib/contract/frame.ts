import { checkClaimName, claimRules } from '../claims/index.ts'
import { type Finding, type RuleTable, reporter } from '../finding.ts'
import { isObject } from '../json.ts'
import { isIssuedClaim } from './custom-claims.ts'
import type { JsonText } from './json-text.ts'
import { contractRules } from './rules.ts'
import { declaredClaims } from './schema-walk.ts'
import type { Contract, JsonSchemaObject } from './types.ts'

const SCHEMA = 'https://json-schema.org/draft/2020-12/schema'
const reportName = reporter(claimRules as RuleTable)

/** What a contract says of itself. */
export type Header = Pick<Contract, 'title' | 'description' | 'token' | 'audience' | 'maxBytes'>

export function headerOf(
  file: string,
  json: JsonText,
  schema: JsonSchemaObject,
  findings: Finding[],
): Header | undefined {
  const facts = schema['x-auth0']
  // Shared vocabulary, named by other files with $ref.
  if (facts === undefined && schema.properties === undefined) return undefined
  const before = findings.length
  const report = (path: readonly string[], message: string, hint: string): void => {
    findings.push(fault('contract/not-a-contract', file, json, path, message, hint))
  }
  if (!isObject(facts)) {
    report(
      [],
      'The contract does not say which token it is about.',
      'Add "x-auth0": { "token": "access_token", "audience": "<identifier of the API>" }.',
    )
    return undefined
  }
  const { token, audience, maxBytes, ...unknown } = facts
  if (token !== 'access_token' && token !== 'id_token') {
    report(
      ['x-auth0', 'token'],
      '"token" must be "access_token" or "id_token".',
      'Say which of the two tokens carries the claims.',
    )
  }
  if (token === 'access_token' && (typeof audience !== 'string' || audience === '')) {
    report(
      ['x-auth0'],
      'A contract for access tokens names its API.',
      'Add "audience": the identifier of the API in tenant.yaml.',
    )
  }
  if (token === 'id_token' && audience !== undefined) {
    report(
      ['x-auth0', 'audience'],
      'ID tokens have no API as audience: their audience is the application.',
      'Remove "audience".',
    )
  }
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || (maxBytes as number) < 1)) {
    report(
      ['x-auth0', 'maxBytes'],
      '"maxBytes" must be a whole number of bytes above 0.',
      'E.g. "maxBytes": 1200.',
    )
  }
  for (const key of Object.keys(unknown)) {
    report(
      ['x-auth0', key],
      `"x-auth0" has the unknown member "${key}".`,
      'Known: token, audience, maxBytes.',
    )
  }
  if (schema['$schema'] !== SCHEMA) {
    report(['$schema'], `"$schema" must be "${SCHEMA}".`, 'Other drafts read some keywords differently.')
  }
  if (typeof schema.title !== 'string' || !/^[A-Za-z_$][\w$]*$/.test(schema.title)) {
    report(['title'], '"title" must be a name that TypeScript can use.', 'E.g. "title": "OrdersAccessToken".')
  }
  if (schema.type !== 'object' || !isObject(schema.properties)) {
    report(
      ['type'],
      'A contract is of "type": "object" with "properties".',
      'Describe each claim as a property.',
    )
  }
  if (schema.additionalProperties === false || schema['unevaluatedProperties'] === false) {
    report(
      [schema.additionalProperties === false ? 'additionalProperties' : 'unevaluatedProperties'],
      'A contract that is closed to other members refuses every token: tokens also carry registered claims.',
      'Remove it. Undeclared custom claims are reported where they are written.',
    )
  }
  if (findings.length > before) return undefined
  return {
    title: schema.title as string,
    ...(typeof schema.description === 'string' ? { description: schema.description } : {}),
    token: token as Contract['token'],
    ...(audience === undefined ? {} : { audience: audience as string }),
    ...(maxBytes === undefined ? {} : { maxBytes: maxBytes as number }),
  }
}

const MAY_DIFFER = 'may-differ'

/** What a contract says about a claim beside its schema. */
export function claimFacts(schema: JsonSchemaObject, claim: string): unknown {
  const own = schema.properties?.[claim]
  return isObject(own) ? own['x-auth0'] : undefined
}

export function checkNames(
  file: string,
  json: JsonText,
  schema: JsonSchemaObject,
  header: Header,
  findings: Finding[],
): void {
  for (const claim of Object.keys(schema.properties ?? {})) {
    const facts = claimFacts(schema, claim)
    if (facts !== undefined && JSON.stringify(facts) !== JSON.stringify({ refresh: MAY_DIFFER })) {
      findings.push(
        fault(
          'contract/not-a-contract',
          file,
          json,
          ['properties', claim, 'x-auth0'],
          `"x-auth0" of a claim says how a refresh treats it.`,
          `Write "x-auth0": { "refresh": "${MAY_DIFFER}" }, or remove it.`,
        ),
      )
    }
    const name = checkClaimName(claim, {
      token: header.token,
      ...(header.audience === undefined ? {} : { audience: header.audience }),
    })
    if (name.severity === undefined) continue
    findings.push(
      reportName(
        name.rule,
        { file, ...json.placeOf(['properties', claim]) },
        {
          // A contract that promises what cannot arrive is wrong, whatever the write would be.
          severity: name.verdict === 'kept' ? name.severity : 'error',
          evidence: name.evidence,
          message:
            name.verdict !== 'kept' && isIssuedClaim(claim)
              ? `The contract describes "${claim}", which Auth0 itself issues or reserves. ${name.reason}`
              : name.reason,
          hint: name.hint,
          claim,
          token: header.token,
          source: name.source,
        },
      ),
    )
  }
  const declared = new Set(declaredClaims(schema))
  // Whether it is a list of names the schema of schemas says.
  const required = Array.isArray(schema.required) ? schema.required : []
  for (const [index, claim] of required.entries()) {
    if (declared.has(claim)) continue
    findings.push({
      ...fault(
        'contract/undeclared-required',
        file,
        json,
        ['required', String(index)],
        `"required" names "${claim}", which "properties" does not describe.`,
        isIssuedClaim(claim)
          ? 'Registered claims are verified, not described.'
          : 'Correct the name, or describe the claim.',
      ),
      claim,
      token: header.token,
    })
  }
}

export const report = reporter(contractRules)

/** A finding at a place of a contract's text. */
export function fault(
  rule: keyof typeof contractRules,
  file: string,
  json: Pick<JsonText, 'placeOf'>,
  path: readonly string[],
  message: string,
  hint: string,
): Finding {
  return report(rule, { file, ...json.placeOf(path) }, { message, hint })
}
