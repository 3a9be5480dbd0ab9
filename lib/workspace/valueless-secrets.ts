import type { Position } from '../finding.ts'
import { markersIn } from './marker-text.ts'
import type { Workspace } from './types.ts'

/** A secret of an Action or a module that has no value on this machine. */
export interface ValuelessSecret {
  /** Name of the Action or module. */
  owner: string
  secret: string
  /** Where tenant.yaml names it. */
  at: Position
  /** Where tenant.local.yaml can give it a value, e.g. `keywords.API_KEY`. */
  path: string[]
}

/** Secrets without a value on this machine: an export names them only, and a marker may have none in tenant.local.yaml. */
export function valuelessSecrets(workspace: Workspace): ValuelessSecret[] {
  const { actions, modules, keywords, local, positionOf } = workspace
  const found: ValuelessSecret[] = []
  for (const [type, entries] of [['actions', actions] as const, ['actionModules', modules] as const]) {
    for (const [index, { name: owner, secrets }] of entries.entries()) {
      for (const [place, { name, value }] of secrets.entries()) {
        const at = positionOf([type, index, 'secrets', place, 'name'])
        const open = markersIn(value).find((marker) => !Object.hasOwn(keywords, marker))
        if (open !== undefined) found.push({ owner, secret: name, at, path: ['keywords', open] })
        else if (value === '' && local?.secrets?.[owner]?.[name] === undefined)
          found.push({ owner, secret: name, at, path: ['secrets', owner, name] })
      }
    }
  }
  return found
}
