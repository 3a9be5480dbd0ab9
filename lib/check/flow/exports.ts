import { handlersOf, OTHER_HANDLERS, TRIGGERS, type Trigger } from '../../triggers/index.ts'
import { nearest } from '../nearest.ts'
import type { Node } from '../tree.ts'
import type { FunctionValue, Value } from './values.ts'

/** Where the code has come to. */
interface Place {
  readonly exports: Map<string, Value>
  /** Nested branches that need not run. */
  readonly conditional: number
}

/** A name that the code gives to what it exports. */
export interface ExportWrite {
  name: string
  value: Value
  offset: number
  /** It need not run. */
  conditional: boolean
  /** What is written to is not what Auth0 looks at. */
  lost: boolean
}

/** A function that was to be a handler, and that Auth0 does not find. */
export interface MeantHandler {
  /** The handler that is meant. */
  name: string
  trigger: Trigger
  value: FunctionValue
  offset: number
  /** How it is exported: under this other name, in place of the object, as the default, or not at all. */
  as: { name: string } | 'whole' | 'default' | 'lost'
}

/** What a file exports, as the code comes by. */
export class Exports {
  readonly writes: ExportWrite[] = []
  /** What is exported in place of an object, or by default. */
  whole: { value: Value; offset: number; as: 'whole' | 'default' } | undefined
  /** What took the place of the first `module.exports`, and of `exports`. */
  #replacedBy: Value | undefined
  #otherExports: Value | undefined

  /** `exports.name = value`, `module.exports.name = value` and `export`. */
  write(walk: Place, name: string, value: Value, offset: number, by: 'exports' | 'module.exports'): void {
    const lost = by === 'exports' && this.#otherExports !== this.#replacedBy
    if (!lost) walk.exports.set(name, value)
    this.writes.push({ name, value, offset, conditional: walk.conditional > 0, lost })
  }

  /** `module.exports = value`. */
  replace(walk: Place, value: Value, offset: number): void {
    if (value.kind === 'global') return
    this.#replacedBy = value
    if (value.kind === 'function') this.whole = { value, offset, as: 'whole' }
    if (value.kind !== 'record') return
    walk.exports.clear()
    for (const write of this.writes) write.lost ||= this.#otherExports !== value
    for (const [name, member] of value.members) this.write(walk, name, member, offset, 'module.exports')
  }

  /** `exports = value`, which exports nothing unless it is what `module.exports` is. */
  rename(walk: Place, value: Value, offset: number): void {
    this.#otherExports = value.kind === 'global' ? this.#replacedBy : value
    if (value.kind !== 'record' || value === this.#replacedBy) return
    for (const [name, member] of value.members) {
      this.writes.push({
        name,
        value: member,
        offset: offset,
        conditional: walk.conditional > 0,
        lost: true,
      })
    }
  }
}

const HANDLERS = TRIGGERS.flatMap((trigger) => handlersOf(trigger).map((name) => ({ name, trigger })))
const KNOWN = new Set([...HANDLERS.map(({ name }) => name), ...OTHER_HANDLERS])
/** Names that people give to the one function of a file. */
const USUAL = /^(?:on[A-Z]|handler$|execute$|main$|action$|run$|post_?login)/i

/** The handler that is meant in a file that has none. */
export function meantHandler({ writes, whole }: Exports, usual: Trigger): MeantHandler | undefined {
  if (writes.some(({ name, lost }) => !lost && KNOWN.has(name))) return undefined
  for (const { name, value, offset, lost } of writes) {
    if (value.kind !== 'function' || value.getter === true) continue
    const own = HANDLERS.find((one) => one.name === name)
    if (own !== undefined && lost) return { ...own, value, offset, as: 'lost' }
    const near = /^on/i.test(name) ? nearest(name, KNOWN) : undefined
    const meant = HANDLERS.find((one) => one.name === near)
    if (meant !== undefined) return { ...meant, value, offset, as: { name } }
    if (near === undefined && USUAL.test(name) && takesEvent(value)) {
      return { name: usual.handlers.execute, trigger: usual, value, offset, as: { name } }
    }
  }
  if (whole?.value.kind !== 'function' || !takesEvent(whole.value)) return undefined
  const { value, offset, as } = whole
  const own = HANDLERS.find((one) => one.name === value.node.id?.name)
  // A function with a name of its own is a part of something.
  if (own === undefined && value.node.id && !USUAL.test(value.node.id.name)) return undefined
  return { name: usual.handlers.execute, trigger: usual, ...own, value, offset, as }
}

function takesEvent({ node }: FunctionValue): boolean {
  const [event, api] = (node.params as Node[]).map((param) => String(param.name ?? ''))
  return /^_?(?:event|e|evt)$/.test(event ?? '') && (api === undefined || /^_?api$/.test(api))
}
