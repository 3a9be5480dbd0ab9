import { commandsPage } from './commands-page.ts'
import { filesPage } from './files-page.ts'
import { GENERATED } from './markdown.ts'
import { packagePage } from './package-page.ts'
import { rulesPage } from './rules-page.ts'
import { schemaSection } from './schema-page.ts'

/** Pages that are made from code alone, by their path in this repository. */
export const GENERATED_PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/commands.md': commandsPage,
  'docs/reference/rules.md': rulesPage,
  'docs/reference/contracts.md': contractsPage,
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/files.md': filesPage,
  'docs/reference/package.md': packagePage,
}

function contractsPage(): string {
  return `${[
    '# Contracts',
    GENERATED,
    'A contract says which custom claims one kind of token carries. It is a JSON Schema (2020-12) in `schemas/claims/`, and all keywords of JSON Schema hold: `type`, `enum`, `required`, `maxItems`, `pattern`, `if` and `then`, `$ref` and so on. `format` is checked for the formats of the standard. Two things are ours: `x-auth0` of the contract, and `x-auth0` of a claim.',
    schemaSection('A contract file', 'contract.schema.json'),
    [
      '## x-auth0',
      'Of the contract: `token` names the token, `audience` the API whose access tokens are meant, `maxBytes` how large the custom claims may become together (Auth0 fails the login past 100,000 bytes).',
      'Of a claim: `{ "refresh": "may-differ" }` says that a refresh may give another value than the login did. Without it `claims prove` reports a difference.',
    ].join('\n\n'),
    [
      '## Claims that are there in some logins only',
      'A rule of JSON Schema on a registered claim says when. The organization claim in logins to an organization:',
      '```json\n{ "if": { "required": ["org_id"] }, "then": { "required": ["https://acme.example/organization"] } }\n```',
      'And a claim for those who have a scope:',
      '```json\n{\n  "if": {\n    "properties": { "scope": { "type": "string", "pattern": "(^| )read:orders( |$)" } },\n    "required": ["scope"]\n  },\n  "then": { "required": ["https://acme.example/plan"] }\n}\n```',
    ].join('\n\n'),
    'What is wrong with a contract is a finding: [rules of contracts](rules.md#contract-contracts-and-what-actions-do-about-them).',
  ].join('\n\n')}\n`
}

function configurationPage(): string {
  return `${[
    '# Configuration',
    GENERATED,
    'Each file is looked at as a whole: a member that is not known is refused, with what was probably meant.',
    schemaSection('claims.config.json', 'config.schema.json'),
    schemaSection('tenant.local.yaml', 'tenant.local.schema.json'),
    schemaSection('schemas/consumers/*.json', 'consumer.schema.json'),
  ].join('\n\n')}\n`
}
