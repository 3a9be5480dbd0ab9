import { entityId } from '../../workspace/local-ids.ts'

/** An id made from a name, unless something that was renamed since has it already. */
export function freeId(taken: ReadonlyMap<string, unknown>, prefix: string, name: string): string {
  let id = entityId(prefix, name)
  for (let n = 2; taken.has(id); n++) id = entityId(prefix, `${name}#${n}`)
  return id
}
