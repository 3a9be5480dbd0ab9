import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import type { WorkspaceAction } from '../../workspace/index.ts'
import type { Program } from '../program.ts'
import { type Node, plainKey, visitAll } from '../tree.ts'
import { SOURCES } from './sources.ts'

export const secretRules = {
  'secrets/undeclared': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.firstAction,
    summary: 'A secret that an Action reads is declared for it.',
    why: 'Each Action sees its own secrets only; others are undefined.',
    example: {
      before: 'event.secrets.API_KEY',
      after: "secrets: [{ name: API_KEY, value: '##API_KEY##' }]",
    },
  },
  'secrets/unused': {
    severity: 'info',
    evidence: 'inference',
    source: SOURCES.firstAction,
    summary: 'An Action reads the secrets that are declared for it.',
    why: 'A secret that nothing reads is one more to keep, and often a sign of a misspelt name.',
    example: { before: "secrets: [{ name: OLD_KEY, value: '##OLD_KEY##' }]", after: 'secrets: []' },
  },
  'secrets/literal': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.guidelines,
    summary: 'A secret is not written into the source.',
    why: 'Whoever reads the Action, its versions or its repository has it. Secrets of an Action are encrypted and never shown again.',
    example: {
      before: "const apiKey = 'a1b2c3d4e5f6a7b8c9d0'",
      after: 'const apiKey = event.secrets.API_KEY',
    },
  },
} as const satisfies RuleTable

const report = reporter(secretRules)

/** Secrets that an Action reads and tenant.yaml does not declare, and the reverse. */
export function* secretFindings(
  action: WorkspaceAction,
  programs: readonly [Program, ...Program[]],
): Generator<Finding> {
  const used = new Set<string>()
  let unknown = false
  const [{ positionAt }] = programs
  for (const observation of programs.flatMap(({ walked }) => walked.observations)) {
    if (observation.kind !== 'secret') continue
    const { name } = observation
    if (name === undefined) unknown = true
    else used.add(name)
    if (name === undefined || action.secrets.some((secret) => secret.name === name)) continue
    yield report('secrets/undeclared', positionAt(observation.offset), {
      message: `"${action.name}" reads the secret "${name}", which tenant.yaml does not declare for it.`,
      hint: `Add "${name}" to the Action's secrets, with a ##KEY## marker as value.`,
    })
  }
  if (unknown) return
  for (const { name } of action.secrets) {
    if (used.has(name)) continue
    yield report('secrets/unused', action.at, {
      message: `"${action.name}" never reads its secret "${name}".`,
      hint: 'Remove it from tenant.yaml.',
    })
  }
}

/** Forms that only secrets have. */
const FORMS =
  /^(?:[sr]k_(?:live|test)_\w{8}|xox[abprs]-\w{8}|gh[pousr]_\w{16}|github_pat_\w{16}|AKIA[0-9A-Z]{12}|AIza[\w-]{30}|SG\.[\w-]{16}|glpat-[\w-]{16}|-----BEGIN [A-Z ]*PRIVATE KEY)|^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/

const SECRET_NAME = /(?:secret|passw(?:or)?d|api_?key|private_?key|auth_?token|access_?token|signing_?key)$/i

/** What in a text makes it worth to look at every node. */
const CAUSE =
  /(?:[Ss]ecret|SECRET|[Pp]assw(?:or)?d|PASSWO?R?D|[Kk]ey|KEY|[Tt]oken|TOKEN)['"]?\s*[:=]\s*['"]|['"](?:[sr]k_|xox|gh[pousr]_|github_pat_|AKIA|AIza|SG\.|glpat-|-----BEGIN|eyJ|Bearer |Basic )/

/** What stands in examples in the place of a secret. */
const PLACEHOLDER =
  /your|example|placeholder|change|replace|insert|todo|dummy|xxx|\.\.\.|^<|>$|\*{3}|\s|^https?:|^[{#@]|\$\{|%\w+%/i

/** Secrets that are written into the source. Never says which. */
export function* literalSecrets({ text, tree, walked, positionAt }: Program): Generator<Finding> {
  const used = new Set<unknown>()
  for (const one of walked.observations) if (one.kind === 'secret-text') used.add(one.text)
  if (used.size === 0 && !CAUSE.test(text)) return
  const found = new Map<number, string | undefined>()
  visitAll(tree, (node) => {
    if (node.type === 'Literal' && used.has(node.value)) found.set(node.start, undefined)
    if (node.type === 'Literal' && isCredential(node.value) && !found.has(node.start)) {
      found.set(node.start, undefined)
    }
    if (node.type === 'Literal' && FORMS.test(String(node.value)) && !found.has(node.start)) {
      found.set(node.start, undefined)
    }
    const [name, value] = assigned(node)
    if (
      name !== undefined &&
      value !== undefined &&
      SECRET_NAME.test(name) &&
      (looksSecret(String(value.value)) || isClientSecret(name, String(value.value)))
    ) {
      found.set(value.start, name)
    }
  })
  for (const [offset, name] of found) {
    yield report('secrets/literal', positionAt(offset), {
      message:
        name === undefined
          ? 'This text is used as a secret, or has the form of one.'
          : `"${name}" is given a text that looks like a secret.`,
      hint: 'Keep it among the secrets of the Action, and read event.secrets.NAME.',
    })
  }
}

/** What an Authorization header holds. */
const CREDENTIAL = /^(?:Bearer|Basic) [\w.~+/=-]{16,}$/

function isCredential(value: unknown): boolean {
  return typeof value === 'string' && CREDENTIAL.test(value) && looksSecret(value.replace(' ', ''))
}

/** The secret of an application need not look like one. */
function isClientSecret(name: string, text: string): boolean {
  return (
    /client_?secret$/i.test(name) && text.length >= 12 && !PLACEHOLDER.test(text) && !/^[A-Z_]+$/.test(text)
  )
}

/** `name = 'text'`, in whatever form. */
function assigned(node: Node): [name?: string | undefined, value?: Node] {
  switch (node.type) {
    case 'VariableDeclarator':
      return isText(fallbackOf(node.init)) ? [node.id.name, fallbackOf(node.init)!] : []
    case 'AssignmentExpression':
      return isText(node.right)
        ? [node.left.type === 'MemberExpression' ? plainKey(node.left) : node.left.name, node.right]
        : []
    case 'Property':
      return isText(fallbackOf(node.value)) ? [plainKey(node), fallbackOf(node.value)!] : []
    default:
      return []
  }
}

/** The text of `event.secrets.KEY || 'text'`. */
function fallbackOf(node: Node | null): Node | null {
  return node?.type === 'LogicalExpression' ? fallbackOf(node.right) : node
}

function isText(node: Node | null): node is Node {
  return node?.type === 'Literal' && typeof node.value === 'string'
}

/** Long, of one piece, and of letters and digits mixed. */
function looksSecret(text: string): boolean {
  return text.length >= 16 && /\d/.test(text) && /[A-Za-z]/.test(text) && !PLACEHOLDER.test(text)
}
