import { markersIn } from '../workspace/index.ts'
import type { Markers } from './markers.ts'
import { digestOf, isDigest } from './wire/digests.ts'
import { isEntry } from './wire/json.ts'
import type { Step } from './wire/steps.ts'

/** Members whose text is a program: undoing needs it, and a digest would bring nothing back. */
const PROGRAMS: ReadonlySet<string> = new Set(['code', 'customScripts'])

/**
 * The former state of a resource, for a journal. Two kinds of texts become digests: those that a marker's earlier value
 * may have filled, since a marker stands there now, and those that would come out different once their markers are
 * filled again.
 */
export function withoutFormerValues(
  { kind, change, before, after }: Pick<Step, 'kind' | 'change' | 'before' | 'after'>,
  { filled, maskedDocument }: Pick<Markers, 'filled' | 'maskedDocument'>,
): unknown {
  // Members of the others are names, and what is deleted has no successor to tell by.
  if (change === 'delete' || (kind !== 'document' && kind !== 'replaced')) return before
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const digested = (was: string) => (was === '' ? was : digestOf(was))

  /** `shown`: what stands in its place afterwards, with markers. */
  const visit = (was: unknown, shown: unknown): unknown => {
    if (was === null || was === undefined || isDigest(was)) return was
    const marked = hasMarker(shown)
    if (typeof was === 'string') {
      const stays = isSame(filled(shown), was) || (!marked && filled(maskedDocument(was)) === was)
      return stays ? was : digested(was)
    }
    if (typeof was !== 'object') return was
    if (marked && isSame(filled(shown), was)) return was
    if (Array.isArray(was)) {
      const later = Array.isArray(shown) ? shown : []
      // Items are told by what they are, since others may have come in front of them.
      return was.map((item) => {
        const same = later.find((one) => isSame(filled(one), item))
        return visit(item, same ?? (marked ? shown : undefined))
      })
    }
    return Object.fromEntries(
      Object.entries(was).map(([key, item]) => [
        key,
        // Of the secrets of an Action a tenant shows the names.
        PROGRAMS.has(key) || (key === 'secrets' && Array.isArray(item))
          ? item
          : visit(item, isEntry(shown) ? shown[key] : marked ? shown : undefined),
      ]),
    )
  }
  return visit(before, maskedDocument(after))
}

function hasMarker(value: unknown): boolean {
  if (typeof value === 'string') return markersIn(value).length > 0
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMarker)
}
