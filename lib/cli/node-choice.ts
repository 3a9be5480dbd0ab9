import { findNode, type NodeProgram, runtimeOf } from '../runtime/index.ts'
import type { Workspace } from '../workspace/index.ts'

/** The Node that the user named, else one of the version that the Actions are deployed to, if this machine has it. */
export function nodeChoice(workspace: Workspace, named: unknown): { node?: string | NodeProgram } {
  if (typeof named === 'string') return { node: named }
  const found = findNode(runtimeOf(workspace.actions), workspace.root)
  return found === undefined ? {} : { node: found }
}

/** Which Node it was, and whether it is the one that Auth0 takes. */
export function nodeNote(workspace: Workspace, version: string): string {
  const wanted = runtimeOf(workspace.actions)
  const same = version.startsWith(`v${wanted.slice('node'.length)}.`)
  const other = same ? '' : ` Auth0 runs these Actions on ${wanted}: name one with --node, or install it.`
  return `Ran on Node ${version}.${other}`
}
