import type { BuiltAction } from '../bundle/index.ts'
import type { Finding } from '../finding.ts'
import { keyOf } from './bindings.ts'
import type { Program } from './program.ts'
import { bare, isFunction, type Node, walk } from './syntax.ts'

const LOADER =
  'https://github.com/auth0/auth0-actions/blob/77685d16bc5abb218a21e11804a5743e0913c772/src/_shared/_XK5Fidc.js'

/** The one handler that a post-login Action must export. */
export function* missingHandler({ name, exports }: BuiltAction, file: string): Generator<Finding> {
  if (exports.includes('onExecutePostLogin')) return
  const others = exports.filter((other) => /^on[A-Z]/.test(other))
  yield {
    rule: 'handler/not-exported',
    severity: 'error',
    message: `"${name}" does not export "onExecutePostLogin": Auth0 has nothing to run at login.`,
    hint:
      others.length === 0
        ? 'Write: export async function onExecutePostLogin(event, api) { … }'
        : `It exports "${others.join('", "')}": is the name right?`,
    file,
    line: 1,
    column: 1,
    source: LOADER,
  }
}

/** Handlers of a bundle that Auth0's loader would refuse: they are called only if they are native async functions. */
export function* handlerFindings({ tree, bindings, positionAt }: Program): Generator<Finding> {
  const found: { name: string; value: Node; offset: number }[] = []
  walk(tree, (node) => {
    if (node.type !== 'AssignmentExpression') return
    const left = bare(node['left'])
    const name = left?.type === 'MemberExpression' ? keyOf(left) : undefined
    const value = bare(node['right'])
    if (name === undefined || value === undefined || !/^on(?:Execute|Continue)[A-Z]/.test(name)) return
    const fn = value.type === 'Identifier' ? bindings.functionNamed(String(value['name'])) : value
    // Where the function stands is what a person wants to see, not where it is exported.
    if (isFunction(fn)) found.push({ name, value: fn, offset: fn.start })
  })
  for (const { name, value, offset } of found) {
    if (value['async'] === true && value['generator'] !== true) continue
    yield {
      rule: 'handler/not-async',
      severity: 'error',
      message: `"${name}" is not an async function: Auth0 refuses to run the Action.`,
      hint: `Write: export async function ${name}(event, api) { … }`,
      ...positionAt(offset),
      source: LOADER,
    }
  }
}
