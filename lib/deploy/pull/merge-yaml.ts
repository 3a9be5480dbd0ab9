import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { withoutMark } from '../../files/index.ts'
import { markersIn } from '../../workspace/index.ts'
import type { TenantFile } from '../../workspace/types.ts'
import { withQuotedMarkers } from '../../workspace/unquoted-markers.ts'
import { type Entry, isEntry } from '../wire/json.ts'
import {
  type Comparison,
  filledWith,
  isHiddenThere,
  isMissed,
  isNothing,
  isSame,
  isUnordered,
  says,
  staleMarkers,
} from './agrees.ts'
import { inOldFormat } from './old-format.ts'
import { hasContent } from './secrets.ts'

export interface MergeOptions extends Comparison {
  /** Whether what tenant.yaml leaves out comes as well. */
  full: boolean
  /** Whether an entry of a type is left as it is, whatever the tenant has. */
  leaves(type: string, entry: Entry): boolean
}

export interface Merged {
  /** `undefined` where tenant.yaml says what the tenant has already. */
  text: string | undefined
  /** Markers with a value that the tenant does not have where they stand. */
  stale: string[]
  /** Types that a tenant always has, and tenant.yaml does not name. */
  leftAlone: string[]
}

/**
 * tenant.yaml with what a tenant has: comments, order, formatting, anchors and markers stay where the value is the
 * same. `pulled`: the types that were read; others stay as they are.
 */
export function mergedYaml(text: string, pulled: TenantFile, options: MergeOptions): Merged {
  const plain = withQuotedMarkers(withoutMark(text).replaceAll('\r\n', '\n'))
  let merged: Merged
  /** The same without anchors. */
  const writtenOut = () => {
    const value: unknown = parseDocument(plain, { logLevel: 'silent', merge: true }).toJS()
    return String(new Document(value, { aliasDuplicateObjects: false }))
  }
  try {
    // What is merged in stands elsewhere, and may not be changed there.
    merged = mergedInto(/(?:^|[\s{,])<<\s*:/.test(plain) ? writtenOut() : plain, pulled, options)
  } catch {
    // An anchor went, and its aliases stay.
    merged = mergedInto(writtenOut(), pulled, options)
  }
  const lines = text.includes('\r\n') ? merged.text?.replaceAll('\n', '\r\n') : merged.text
  return { ...merged, text: lines }
}

function mergedInto(text: string, pulled: TenantFile, options: MergeOptions): Merged {
  const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false })
  if (document.contents === null) document.contents = document.createNode({}) as never
  const stale = new Set<string>()
  const leftAlone: string[] = []
  const merge = new Merge(document, options, stale)
  const written = (document.toJS() ?? {}) as Entry
  let changed = false
  for (const [type, value] of Object.entries(pulled)) {
    if (written[type] !== undefined && written[type] !== null) {
      if (merge.section(type, document.get(type, true) as Node, value)) changed = true
    } else if (hasContent(value)) {
      // A tenant has settings from the start; entries somebody has made.
      if (!options.full && !isMade(type, value)) leftAlone.push(type)
      else {
        document.set(type, document.createNode(value))
        changed = true
      }
    }
  }
  return {
    text: changed ? inOldFormat(text, document) : undefined,
    stale: [...stale].sort(),
    leftAlone: leftAlone.sort(),
  }
}

/** Lists that a tenant has from the start. */
const FROM_THE_START: ReadonlySet<string> = new Set([
  ...['guardianFactors', 'guardianFactorProviders', 'guardianFactorTemplates', 'phoneTemplates', 'pages'],
])

/** A tenant has this database until its owner removes it. */
const FIRST_DATABASE = 'Username-Password-Authentication'

function isMade(type: string, value: unknown): boolean {
  if (type === 'databases') return (value as Entry[]).some(({ name }) => name !== FIRST_DATABASE)
  return (Array.isArray(value) || type === 'triggers') && !FROM_THE_START.has(type)
}

class Merge {
  readonly #document: Document
  readonly #options: MergeOptions
  readonly #stale: Set<string>

  constructor(document: Document, options: MergeOptions, stale: Set<string>) {
    this.#document = document
    this.#options = options
    this.#stale = stale
  }

  /** Brings a type up to date; returns whether something changed. */
  section(type: string, node: Node, value: unknown): boolean {
    const merged = this.#value(node, value, [type])
    if (merged === node) return this.#touched.delete(type)
    this.#document.set(type, merged)
    return true
  }

  readonly #touched = new Set<string>()

  /** The node with the tenant's value: itself where it can stay. */
  #value(node: Node | null, actual: unknown, path: readonly string[]): Node | null {
    const written = this.#plain(node)
    this.#note(written, actual, path)
    const list = path.length === 1 && Array.isArray(written) && Array.isArray(actual)
    if (!list && !(this.#options.full && isEntry(actual)) && says(written, actual, path, this.#options))
      return node
    if (node === null || isAlias(node)) return this.#fresh(actual, path)
    if (isMap(node) && isEntry(actual)) return this.#map(node, actual, path)
    if (isSeq(node) && Array.isArray(actual)) return this.#list(node, actual, path)
    if (isScalar(node) && (typeof actual !== 'object' || actual === null)) {
      if (this.#keepsMarker(written, actual)) return node
      node.value = actual
      delete node.source
      delete node.format
      return this.#touch(node, path)
    }
    const made = this.#fresh(actual, path)
    if (made !== null && node.comment) made.comment = node.comment
    return made
  }

  #fresh(actual: unknown, path: readonly string[]): Node | null {
    return this.#touch(this.#document.createNode(actual) as Node, path)
  }

  #touch<T>(node: T, path: readonly string[]): T {
    this.#touched.add(path[0]!)
    return node
  }

  #map(node: YAMLMap, actual: Entry, path: readonly string[]): Node {
    const seen = new Set<string>()
    const items = [...(node.items as Pair<Node, Node | null>[])]
    // Merge keys stay: what they bring is compared below as if it were absent.
    for (const pair of items) {
      const key = this.#plain(pair.key)
      if (key === '<<') continue
      const member = String(filledWith<unknown>(String(key), this.#options.keywords))
      seen.add(member)
      const below = [...path, member]
      if (this.#options.ignores(below.join('.'))) continue
      const written = this.#plain(pair.value)
      if (actual[member] === undefined || actual[member] === null) {
        if (!isNothing(written) && !isHiddenThere(written, member, below)) {
          node.items.splice(node.items.indexOf(pair), 1)
          this.#touch(node, path)
        }
      } else pair.value = this.#value(pair.value, actual[member], below)
    }
    for (const [member, value] of Object.entries(actual)) {
      if (seen.has(member) || !hasContent(value)) continue
      if (!this.#options.full && !(isMissed(path, member) && !isNothing(value))) continue
      node.set(this.#document.createNode(member), this.#document.createNode(value))
      this.#touch(node, path)
    }
    return node
  }

  #list(node: YAMLSeq, actual: readonly unknown[], path: readonly string[]): Node {
    const items = node.items as Node[]
    const [type] = path
    const left = [...items]
    const found = new Map<number, Node>()
    for (const exactly of [true, false]) {
      for (const [index, one] of actual.entries()) {
        if (found.has(index)) continue
        const at = left.findIndex((item) => isSame(this.#plain(item), one, path, this.#options, exactly))
        if (at !== -1) found.set(index, left.splice(at, 1)[0]!)
      }
    }
    const mine = (item: Node) => [...found].find(([, one]) => one === item)?.[0]
    const isEntries = path.length === 1
    const kept = isEntries
      ? items.filter((item) => {
          const written = this.#plain(item)
          const filled = filledWith<unknown>(written, this.#options.keywords)
          return isEntry(filled) && mine(item) === undefined && this.#options.leaves(type!, filled)
        })
      : []
    const made = (index: number) => {
      const node = found.get(index)
      return (node === undefined ? this.#fresh(actual[index], path) : this.#value(node, actual[index], path))!
    }
    let next: Node[]
    if (isEntries || isUnordered(path)) {
      next = items.flatMap((item) => {
        const index = mine(item)
        return index === undefined ? (kept.includes(item) ? [item] : []) : [made(index)]
      })
      for (const index of actual.keys()) if (!found.has(index)) next.push(made(index))
    } else next = actual.map((_, index) => made(index))
    if (next.length !== items.length || next.some((item, index) => item !== items[index]))
      this.#touch(node, path)
    // A blank line between entries is none before the first.
    if (next[0] !== items[0] && next[0]?.spaceBefore === true) next[0].spaceBefore = false
    node.items = next
    // An empty list in brackets gets its entries below each other.
    if (node.flow === true && items.length === 0 && next.some((item) => isMap(item))) node.flow = false
    if (next.length === 0) node.flow = true
    return node
  }

  /** A marker stays for what is a secret, whose value is the user's to change. */
  #keepsMarker(written: unknown, actual: unknown): boolean {
    return (
      typeof written === 'string' &&
      typeof actual === 'string' &&
      this.#options.names.has(actual) &&
      markersIn(written).length > 0
    )
  }

  #note(written: unknown, actual: unknown, path: readonly string[]): void {
    if (typeof written !== 'string' || markersIn(written).length === 0 || typeof actual !== 'string') return
    if (says(written, actual, path, this.#options)) return
    for (const name of staleMarkers(written, this.#options.keywords)) this.#stale.add(name)
  }

  #plain(node: Node | null): unknown {
    return node === null ? null : (node.toJS(this.#document, { maxAliasCount: 100 }) as unknown)
  }
}
