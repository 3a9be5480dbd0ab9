import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import { isObject } from '../../json.ts'
import { TENANT_TRIGGERS } from '../../triggers/tenant-triggers.ts'
import type { Workspace } from '../../workspace/index.ts'
import { MEMBERS, SECTIONS } from '../../workspace/known-members.ts'
import { nearest } from '../nearest.ts'

const DEPLOY_CLI =
  'https://github.com/auth0/auth0-deploy-cli/blob/master/docs/resource-specific-documentation.md'

export const memberRules = {
  'tenant/unknown-section': {
    severity: 'error',
    evidence: 'documentation',
    source: DEPLOY_CLI,
    summary: 'The sections of tenant.yaml are those that the deploy CLI knows.',
    why: 'It refuses the file with one that it does not know. What stands there is read by nobody until then: Actions are not bound, clients are not there.',
    example: { before: 'trigers: {}', after: 'triggers: {}' },
  },
  'tenant/misspelt-member': {
    severity: 'error',
    evidence: 'inference',
    source: DEPLOY_CLI,
    summary: 'A member of an entry is spelt as the Management API spells it.',
    why: 'Auth0 refuses members that it does not know, and nobody else reads them. Only a name that is nearly one that is known is reported: the API has more of them with time.',
    example: { before: 'suported_triggers: []', after: 'supported_triggers: []' },
  },
} as const satisfies RuleTable

const report = reporter(memberRules)

const words = (lines: readonly string[]) => lines.flatMap((line) => line.split(' '))
const sections = words(SECTIONS)
const known = new Map(Object.entries(MEMBERS).map(([path, lines]) => [path, words(lines)]))
const triggers = TENANT_TRIGGERS.map(({ id }) => id)

/** Misspelt names of sections, of triggers and of members of what logins depend on. */
export function* memberFindings({ tenant, positionOf, format }: Workspace): Generator<Finding> {
  for (const section of Object.keys(tenant)) {
    if (sections.includes(section) || isMarked(section) || format === 'directory') continue
    const meant = nearest(section, sections)
    yield report('tenant/unknown-section', positionOf([section]), {
      message: `"${section}" is no section of tenant.yaml: the deploy CLI refuses the file.`,
      hint:
        meant === undefined
          ? 'Take it out; old exports have sections that are no more.'
          : `Did you mean "${meant}"?`,
    })
  }
  for (const trigger of Object.keys(tenant.triggers ?? {})) {
    const meant = triggers.includes(trigger) ? undefined : nearest(trigger, triggers)
    if (meant !== undefined) yield misspelt(trigger, 'triggers', meant, positionOf(['triggers', trigger]))
  }
  for (const [type, names] of known) {
    const [section = '', below] = type.split('.')
    const entries: unknown = tenant[section]
    if (!Array.isArray(entries)) continue
    for (const [index, entry] of entries.entries()) {
      if (!isObject(entry)) continue
      if (below === undefined) yield* slips(entry, names, type, [section, index], positionOf)
      else {
        const value = entry[below]
        const list = Array.isArray(value)
          ? value.map((one, place) => [one, [place]] as const)
          : [[value, []] as const]
        for (const [one, place] of list) {
          if (isObject(one)) yield* slips(one, names, type, [section, index, below, ...place], positionOf)
        }
      }
    }
  }
}

function* slips(
  entry: Readonly<Record<string, unknown>>,
  names: readonly string[],
  type: string,
  path: readonly (string | number)[],
  positionOf: Workspace['positionOf'],
): Generator<Finding> {
  for (const name of Object.keys(entry)) {
    if (names.includes(name) || isMarked(name)) continue
    // Of short names many are near each other.
    const meant = nearest(
      name,
      names.filter((one) => !Object.hasOwn(entry, one)),
      name.length < 6 ? 1 : 2,
    )
    if (meant !== undefined) yield misspelt(name, type, meant, positionOf([...path, name]))
  }
}

function misspelt(
  name: string,
  type: string,
  meant: string,
  at: ReturnType<Workspace['positionOf']>,
): Finding {
  return report('tenant/misspelt-member', at, {
    message: `"${name}" is no member of "${type}".`,
    hint: `Did you mean "${meant}"?`,
  })
}

/** A name that a marker fills is not known here. */
function isMarked(name: string): boolean {
  return /##|@@/.test(name)
}
