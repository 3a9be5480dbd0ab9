import { markersIn } from '../workspace/index.ts'
import type { Markers } from './markers.ts'
import { digestOf, isDigest } from './wire/digests.ts'
import { isEntry } from './wire/json.ts'
import type { Step } from './wire/steps.ts'

/** Members whose text is a program: undoing needs it, and a digest would bring nothing back. */
const PROGRAMS: ReadonlySet<string> = new Set(['code', 'customScripts'])

/**
 * The former state of a resource, for a journal. Texts that a marker's earlier value may have filled become digests: those
 * where a marker stands now, with another value.
 */
export function withoutFormerValues(
  { kind, change, before, after }: Pick<Step, 'kind' | 'change' | 'before' | 'after'>,
  { maskedDocument }: Pick<Markers, 'maskedDocument'>,
): unknown {
  // Members of the others are names, and what is deleted has no successor to tell by.
  if (change === 'delete' || (kind !== 'document' && kind !== 'replaced')) return before
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const digested = (was: string) => (was === '' ? was : digestOf(was))

  /** `is`: what stands in its place afterwards; `shown`: the same with markers. */
  const visit = (was: unknown, is: unknown, shown: unknown): unknown => {
    if (was === null || was === undefined || isDigest(was) || isSame(is, was)) return was
    const marked = hasMarker(shown)
    if (typeof was === 'string') return !marked || hasAll(maskedDocument(was), shown) ? was : digested(was)
    if (typeof was !== 'object') return was
    if (Array.isArray(was)) {
      const later = Array.isArray(is) ? is : []
      // Items are told by what they are, since others may have come in front of them.
      return was.map((item) =>
        later.some((one) => isSame(one, item)) ? item : visit(item, undefined, marked ? shown : undefined),
      )
    }
    return Object.fromEntries(
      Object.entries(was).map(([key, item]) => [
        key,
        // Of the secrets of an Action a tenant shows the names.
        PROGRAMS.has(key) || (key === 'secrets' && Array.isArray(item))
          ? item
          : visit(
              item,
              isEntry(is) ? is[key] : undefined,
              isEntry(shown) ? shown[key] : marked ? shown : undefined,
            ),
      ]),
    )
  }
  return visit(before, after, maskedDocument(after))
}

/**
 * Whether a text has the markers that stand there afterwards, each as often: their values are then those of now. Of a
 * list, in which a text may be any item, each counts once.
 */
function hasAll(was: string, shown: unknown): boolean {
  const [there, wanted] = [markersIn(was), markersOfAll(shown)]
  const count = (names: readonly string[], name: string) => names.filter((one) => one === name).length
  return [...new Set(wanted)].every(
    (name) => count(there, name) >= (typeof shown === 'string' ? count(wanted, name) : 1),
  )
}

function markersOfAll(value: unknown): string[] {
  if (typeof value === 'string') return markersIn(value)
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(markersOfAll) : []
}

function hasMarker(value: unknown): boolean {
  if (typeof value === 'string') return markersIn(value).length > 0
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMarker)
}
