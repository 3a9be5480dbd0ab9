import type { Position } from '../finding.ts'
import type { RunnableAction } from '../runtime/types.ts'
import { type Node, ownPlaces, treeOf, walk } from './code.ts'

/** Which branches of the Actions the search has reached. */
export interface Coverage {
  branches: number
  reached: number
  /** Where the others begin, in the source. */
  missed: Position[]
}

let count = 0

const MARK = '\u0000branch '
const NAME = '__auth0_claims_branch'

/** A bundle that tells, through its log, of each branch that it takes for the first time. */
export interface CoveredAction {
  action: RunnableAction
  /** Positions of the branches in the source. */
  branches: Position[]
  /** Those that were taken. */
  reached: Set<number>
}

/**
 * Puts a mark into every branch of an Action: functions, `if` and `else`, conditional expressions, right sides of
 * `&&`, `||` and `??`, cases, loops, handlers of errors, default values. Code that does not come from the Action's own
 * files (packages, the bundler's helpers) is left out.
 */
export function covered(action: RunnableAction): CoveredAction {
  const branches: Position[] = []
  // Of its own, so that a runtime that knows the same code from another search tells anew.
  const own = { ...action, code: `${marked(action, branches)}\n// ${++count}` }
  return { action: own, branches, reached: new Set() }
}

/** Takes the marks out of what a run has logged. */
export function noteBranches({ reached }: CoveredAction, logs: readonly { text: string }[]): void {
  for (const { text } of logs) if (text.startsWith(MARK)) reached.add(Number(text.slice(MARK.length)))
}

export function coverageOf(actions: readonly CoveredAction[]): Coverage {
  const missed = actions.flatMap(({ branches, reached }) =>
    branches.filter((_, index) => !reached.has(index)),
  )
  const count = actions.reduce((sum, { branches }) => sum + branches.length, 0)
  return { branches: count, reached: count - missed.length, missed }
}

function marked(action: RunnableAction, branches: Position[]): string {
  const { code } = action
  const tree = treeOf(code)
  const placeOf = ownPlaces(action)
  const before = new Map<number, string>()
  const after = new Map<number, string>()
  const put = (texts: Map<number, string>, at: number, text: string) =>
    texts.set(at, (texts.get(at) ?? '') + text)
  /** The call that marks a branch that begins here, or nothing for code that is not the Action's own. */
  const mark = (node: Node): string | undefined => {
    const source = placeOf(node)
    if (source === undefined) return undefined
    return `${NAME}(${branches.push(source) - 1})`
  }
  const expression = (node: Node): (() => void) | undefined => {
    const call = mark(node)
    if (call === undefined) return undefined
    put(before, node.start, `(${call},`)
    return () => put(after, node.end, ')')
  }
  const statement = (node: Node, orElse = false): (() => void) | undefined => {
    const call = mark(node)
    const otherwise =
      call !== undefined && orElse ? ` else{${NAME}(${branches.push(branches.at(-1)!) - 1})}` : ''
    if (call === undefined) return undefined
    put(before, node.start, `{${call};`)
    return () => put(after, node.end, `}${otherwise}`)
  }
  /** What a parent has to say about a node, when it is visited. */
  const wanted = new Map<Node, () => (() => void) | undefined>()
  walk(tree, (node) => {
    const own = wanted.get(node)?.()
    switch (node.type) {
      case 'IfStatement':
        wanted.set(node['consequent'], () => statement(node['consequent'], node['alternate'] === null))
        if (node['alternate'] !== null) wanted.set(node['alternate'], () => statement(node['alternate']))
        break
      case 'ConditionalExpression':
        for (const side of ['consequent', 'alternate']) wanted.set(node[side], () => expression(node[side]))
        break
      case 'LogicalExpression':
      case 'AssignmentPattern':
        wanted.set(node['right'], () => expression(node['right']))
        break
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
        wanted.set(node['body'], () => statement(node['body']))
        break
      case 'CatchClause':
        wanted.set(node['body'], () => statementInside(node['body']))
        break
      case 'SwitchCase': {
        const [first] = node['consequent'] as Node[]
        const call = first === undefined ? undefined : mark(first)
        if (call !== undefined) put(before, first!.start, `${call};`)
        break
      }
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        wanted.set(node['body'], () =>
          node['body'].type === 'BlockStatement' ? statementInside(node['body']) : expression(node['body']),
        )
    }
    return own
  })

  /** A mark at the beginning of a block, after its directives. */
  function statementInside(block: Node): undefined {
    const call = mark(block)
    const directives = (block['body'] as Node[]).filter(({ directive }) => typeof directive === 'string')
    const at = directives.at(-1)?.end ?? block.start + 1
    if (call !== undefined) put(after, at, `${directives.length > 0 ? ';' : ''}${call};`)
  }

  const directives = (tree['body'] as Node[]).filter(({ directive }) => typeof directive === 'string')
  const head = `const ${NAME}=((taken,log)=>index=>{if(!taken[index]){taken[index]=true;log("\\0branch "+index)}})([],globalThis.console.debug);`
  put(after, directives.at(-1)?.end ?? 0, `${directives.length > 0 ? ';' : ''}${head}`)
  let text = ''
  let last = 0
  for (const at of [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b)) {
    text += code.slice(last, at) + (after.get(at) ?? '') + (before.get(at) ?? '')
    last = at
  }
  return text + code.slice(last)
}
