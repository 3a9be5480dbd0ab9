import { type Finding, type RuleDescription, type RuleTable, reporter, rulesOf } from '../finding.ts'
import { CHANGE_CATEGORIES, type ChangeCategory, type ContractChange } from './breaking.ts'
import { impactRules } from './impact-rules.ts'

const SOURCE = 'https://json-schema.org/draft/2020-12/json-schema-core'

type Text = Pick<RuleDescription, 'why' | 'severity'> & { before: string; after: string }

/** `before` breaks readers, `after` gets there without. */
const changes: Readonly<Record<ChangeCategory, Text>> = {
  'contract-removed': {
    severity: 'error',
    why: 'APIs go on reading claims that nobody promises any more: the next change of an Action breaks them without a word.',
    before: 'schemas/claims/orders.access-token.json is deleted',
    after: 'it stays as long as an API reads its claims: claims impact says who does',
  },
  'contract-added': {
    severity: 'info',
    why: 'A contract where there was none binds those who write the claims, and takes nothing from those who read them.',
    before: 'tokens for https://orders.acme.example/ without a contract',
    after: 'schemas/claims/orders.access-token.json describes them',
  },
  'audience-changed': {
    severity: 'error',
    why: 'Tokens for the old API carry the claims no more, and those for the new one do.',
    before: '"audience": "https://orders.acme.example/" becomes "https://orders.acme.example/v2/"',
    after: 'a second contract for the new API, until nobody calls the old one',
  },
  removed: {
    severity: 'error',
    why: 'Who reads the claim finds nothing. A reader that has checked for it refuses the token.',
    before: '"https://acme.example/plan" is taken out of properties and required',
    after: '"deprecated": true beside the claim, and it goes when claims impact names no reader',
  },
  added: {
    severity: 'info',
    why: 'Readers ignore what they do not know, so a new claim breaks nobody, unless a schema of theirs is closed.',
    before: 'a new claim in a contract whose readers refuse claims that they do not know',
    after: 'readers that ignore unknown claims, as RFC 7519 section 4 asks',
  },
  'renamed-namespace': {
    severity: 'error',
    why: 'A claim under another namespace is another claim: readers of the old name find nothing.',
    before: '"https://acme.example/plan" becomes "https://claims.acme.example/plan"',
    after: 'both names for a while, then the old one is removed',
  },
  moved: {
    severity: 'error',
    why: 'The application reads the ID token, the API the access token: neither sees what is in the other.',
    before: '"https://acme.example/plan" goes from the access token to the ID token',
    after: 'it is in both',
  },
  'made-optional': {
    severity: 'error',
    why: 'Readers that rely on the claim meet a token without it.',
    before: '"required": ["https://acme.example/plan"] loses its entry',
    after: 'the claim stays required, with a value such as "free" for those who have no plan',
  },
  'made-required': {
    severity: 'info',
    why: 'Those who read are promised more. Those who write must set the claim in every token.',
    before: 'a claim that is promised, and that some logins do not get',
    after: 'an Action that sets it on every way, which claims prove shows',
  },
  retyped: {
    severity: 'error',
    why: 'Code that reads a text does something else with a list: at best it fails.',
    before: '"https://acme.example/role": { "type": "string" } becomes { "type": "array" }',
    after: '"https://acme.example/roles" beside "https://acme.example/role", until nobody reads the old one',
  },
  widened: {
    severity: 'error',
    why: 'Readers meet values that they were told would not come, such as a new member of an enum.',
    before: '"enum": ["free", "team"] becomes ["free", "team", "enterprise"]',
    after: 'readers first learn to take any text, then the value comes',
  },
  narrowed: {
    severity: 'info',
    why: 'What comes was allowed before. Those who write must keep to less.',
    before: '"maxLength": 100 becomes 50 while longer values are written',
    after: 'an Action that keeps to it, which claims prove shows',
  },
  changed: {
    severity: 'warning',
    why: 'The schemas differ in what no claim alone shows, or in a way that neither a proof nor a witness was found for.',
    before: '"pattern": "^(?!a)[a-z]+$" becomes "^(?!a|b)[a-z]+$"',
    after: 'a change that is judged: claims breaking shows its witness',
  },
}

/** Rules of `claims breaking`: one for each way in which a contract may differ. */
const breakingRules: RuleTable = Object.fromEntries(
  Object.entries(changes).map(([category, { why, severity, before, after }]) => [
    `breaking/${category}`,
    {
      summary: CHANGE_CATEGORIES[category as ChangeCategory],
      severity,
      evidence: 'standard',
      source: SOURCE,
      why: `${why} An error with a witness, a token that the new contract allows and the old one refuses; a warning where the search cannot judge; else info.`,
      example: { before, after },
    },
  ]),
)

const report = reporter(breakingRules)
const SEVERITY = { breaking: 'error', undecided: 'warning', compatible: 'info' } as const

/** What to do about a change that the search cannot judge. */
export const UNDECIDED = 'Not decided: look at it yourself.'

/** A change as a finding; what was found about it decides how severe it is. */
export function changeFinding(change: ContractChange): Finding {
  const { category, verdict, message, witness, token, claim } = change
  const undecided = verdict === 'undecided' ? UNDECIDED : ''
  return report(`breaking/${category}`, change, {
    severity: SEVERITY[verdict],
    message,
    hint:
      witness === undefined
        ? undecided
        : `A token with this payload breaks readers: ${JSON.stringify(witness)}`,
    token,
    ...(claim === undefined ? {} : { claim }),
  })
}

/** The rules of `claims breaking` and `claims impact`, by id. */
export const changeRules = rulesOf(breakingRules, impactRules)
