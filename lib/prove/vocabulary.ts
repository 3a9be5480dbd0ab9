import type { RunnableAction } from '../runtime/types.ts'
import type { Workspace } from '../workspace/index.ts'
import { type Node, treeOf, walk } from './code.ts'

/** Objects of the event whose members the tenant or the application chooses. */
export const FREE_PARTS = [
  'user.app_metadata',
  'user.user_metadata',
  'organization.metadata',
  'client.metadata',
  'connection.metadata',
  'request.query',
  'request.body',
  'prompt.fields',
] as const

export type FreePart = (typeof FREE_PARTS)[number]

/** What logins of a workspace are made of. */
export interface Vocabulary {
  /** Members of the free parts that users have or Actions read, as paths, e.g. `['preferences', 'language']`. */
  members: { part: FreePart; path: string[] }[]
  /** Short texts that stand in the Actions: what they compare with. */
  texts: string[]
  /** Names of roles of the tenant. */
  roles: string[]
  /** Scopes of all APIs. */
  scopes: string[]
}

/** Of any value: nobody keeps data under these names. */
const METHODS = new Set(
  [Object, Array, String, Number].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
)

/** At most; a bundle may hold a whole library. */
const MOST = 80

/** Reads the names and texts that Actions look for, so that the search does not have to guess them. */
export function vocabularyOf(workspace: Workspace, actions: readonly RunnableAction[]): Vocabulary {
  const members = new Map<string, Vocabulary['members'][number]>()
  const add = (part: FreePart, path: string[]) => {
    if (path.some((name) => METHODS.has(name))) return
    if (members.size < MOST && path.length > 0) members.set([part, ...path].join('\0'), { part, path })
  }
  for (const user of workspace.local?.users ?? []) {
    for (const key of Object.keys(user.app_metadata ?? {})) add('user.app_metadata', [key])
    for (const key of Object.keys(user.user_metadata ?? {})) add('user.user_metadata', [key])
  }
  const texts = new Set<string>()
  for (const { code } of actions) {
    const tree = treeOf(code)
    readMembers(tree, add)
    walk(tree, ({ type, value }) => {
      if (type === 'Literal' && typeof value === 'string' && /^[\w .:@-]{1,40}$/.test(value)) texts.add(value)
    })
  }
  // Whoever walks over metadata meets what others keep there.
  for (const part of ['user.app_metadata', 'user.user_metadata'] as const) {
    if (actions.some(({ code }) => code.includes(part.slice('user.'.length)))) add(part, ['other'])
  }
  const names = (entries: readonly Readonly<Record<string, unknown>>[] | undefined) =>
    (entries ?? []).map((entry) => String(entry['name']))
  return {
    members: [...members.values()],
    texts: [...texts].slice(0, MOST),
    roles: names(workspace.tenant.roles),
    scopes: (workspace.tenant.resourceServers ?? []).flatMap((api) =>
      ((api['scopes'] ?? []) as { value: string }[]).map(({ value }) => value),
    ),
  }
}

type Add = (part: FreePart, path: string[]) => void

/**
 * Members of free parts that the code reads, through variables, patterns and parameters of functions that are called
 * by name. By names only: what a variable holds at which time is not followed.
 */
function readMembers(tree: Node, add: Add): void {
  const aliases = new Map<string, string[]>()
  const functions = new Map<string, Node[]>()
  const pathOf = (node: Node | null | undefined): string[] | undefined => {
    if (node === null || node === undefined) return undefined
    if (node.type === 'Identifier') return aliases.get(node['name']) ?? [node['name']]
    if (node.type === 'ChainExpression') return pathOf(node['expression'])
    if (node.type === 'AwaitExpression') return pathOf(node['argument'])
    if (node.type === 'LogicalExpression') return pathOf(node['left'])
    if (node.type !== 'MemberExpression') return undefined
    const object = pathOf(node['object'])
    const key = keyOf(node)
    return object === undefined || key === undefined ? undefined : [...object, key]
  }
  const bind = (pattern: Node, path: string[] | undefined): void => {
    if (path === undefined) return
    if (pattern.type === 'AssignmentPattern') bind(pattern['left'], path)
    else if (pattern.type === 'Identifier') {
      if (pattern['name'] !== path[0] && !aliases.has(pattern['name'])) aliases.set(pattern['name'], path)
    } else if (pattern.type === 'ObjectPattern') {
      for (const property of pattern['properties'] as Node[]) {
        const key = property.type === 'Property' ? keyOf(property) : undefined
        if (key === undefined) continue
        report([...path, key])
        bind(property['value'], [...path, key])
      }
    }
  }
  const report = (path: string[]): void => {
    for (const part of FREE_PARTS) {
      const names = part.split('.')
      const last = names.at(-1)!
      // `user.app_metadata` of whatever is called so; `metadata` and `query` only of what they belong to.
      const whole = last.endsWith('_metadata') ? [last] : names
      const at = path.findIndex((_, index) => whole.every((name, place) => path[index + place] === name))
      if (at >= 0) add(part, path.slice(at + whole.length, at + whole.length + 2))
    }
  }
  walk(tree, (node) => {
    if (node.type === 'FunctionDeclaration') functions.set(node['id']?.name, node['params'])
    if (node.type === 'VariableDeclarator' && /Function/.test(node['init']?.type ?? '')) {
      functions.set(node['id'].name, node['init'].params)
    }
  })
  // Twice, since a function may stand before what it is called with.
  for (let pass = 0; pass < 2; pass++) {
    walk(tree, (node) => {
      if (node.type === 'VariableDeclarator') bind(node['id'], pathOf(node['init']))
      if (node.type === 'MemberExpression') {
        const path = pathOf(node)
        if (path !== undefined) report(path)
      }
      if (node.type !== 'CallExpression') return
      const params = functions.get(node['callee'].name) ?? []
      for (const [index, param] of params.entries()) bind(param, pathOf(node['arguments'][index]))
    })
  }
}

function keyOf(node: Node): string | undefined {
  const key = (node.type === 'Property' ? node['key'] : node['property']) as Node
  if (node['computed'] === false && key.type === 'Identifier') return key['name']
  return key.type === 'Literal' ? String(key['value']) : undefined
}
