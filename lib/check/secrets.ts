import type { Finding } from '../finding.ts'
import type { WorkspaceAction } from '../workspace/index.ts'
import { keyOf } from './bindings.ts'
import type { Program } from './program.ts'
import { bare, walk } from './syntax.ts'

const SECRETS = 'https://auth0.com/docs/customize/actions/write-your-first-action'

/** Secrets that an Action reads and tenant.yaml does not declare, and the reverse. */
export function* secretFindings(action: WorkspaceAction, { tree, positionAt }: Program): Generator<Finding> {
  const used = new Set<string>()
  const undeclared: { name: string; offset: number }[] = []
  let unknown = false
  walk(tree, (node, ancestors) => {
    if (node.type !== 'MemberExpression' || keyOf(node) !== 'secrets') return
    const parent = ancestors.findLast((ancestor) => ancestor.type !== 'ChainExpression')
    const name =
      parent?.type === 'MemberExpression' && bare(parent['object']) === node ? keyOf(parent) : undefined
    if (name === undefined) unknown = true
    else {
      used.add(name)
      if (!action.secrets.some((secret) => secret.name === name))
        undeclared.push({ name, offset: node.start })
    }
  })
  for (const { name, offset } of undeclared) {
    yield {
      rule: 'secrets/undeclared',
      severity: 'warning',
      message: `"${action.name}" reads the secret "${name}", which tenant.yaml does not declare for it.`,
      hint: `Add "${name}" to the Action's secrets, with a ##KEY## marker as value.`,
      ...positionAt(offset),
      source: SECRETS,
    }
  }
  if (unknown) return
  for (const { name } of action.secrets) {
    if (used.has(name)) continue
    yield {
      rule: 'secrets/unused',
      severity: 'info',
      message: `"${action.name}" never reads its secret "${name}".`,
      hint: 'Remove it from tenant.yaml.',
      ...action.at,
      source: SECRETS,
    }
  }
}
