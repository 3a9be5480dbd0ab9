/** The two forms of a marker: `##KEY##` is text within a text, `@@KEY@@` a JSON value. */
const MARKER = /##([A-Za-z0-9_]+)##|@@([A-Za-z0-9_]+)@@/g
const FILL = /##([A-Za-z0-9_]+)##|(["']?)@@([A-Za-z0-9_]+)@@\2/g
const WHOLE = /^@@([A-Za-z0-9_]+)@@$/
const LEADING = /^(?:##[A-Za-z0-9_]+##|@@[A-Za-z0-9_]+@@)/

/** A marker in a text, and where it begins. */
export interface FoundMarker {
  name: string
  /** As it is written: `##KEY##`. */
  text: string
  index: number
}

/** The markers of a text, in order. */
export function markersAt(text: string): FoundMarker[] {
  return [...text.matchAll(MARKER)].map((match) => ({
    name: (match[1] ?? match[2])!,
    text: match[0],
    index: match.index,
  }))
}

/** Whether a text is one marker and nothing else. */
export function isMarker(text: string): boolean {
  return markersAt(text)[0]?.text === text
}

/** The marker that a text begins with. */
export function leadingMarker(text: string): string | undefined {
  return LEADING.exec(text)?.[0]
}

/** The name of the marker that a text is, where it stands for a JSON value: `KEY` of `@@KEY@@`. */
export function valueMarker(text: string): string | undefined {
  return WHOLE.exec(text)?.[1]
}

/** What stands before, between and after the markers of a text: one piece more than there are markers. */
export function betweenMarkers(text: string): string[] {
  let end = 0
  const pieces = markersAt(text).map(({ text: marker, index }) => {
    const piece = text.slice(end, index)
    end = index + marker.length
    return piece
  })
  return [...pieces, text.slice(end)]
}

/** Names of the markers of a text, in order, as often as they occur. */
export function markersIn(text: string): string[] {
  return markersAt(text).map(({ name }) => name)
}

/**
 * Whether a marker of a text may stay as it is where nothing has its name: Auth0's own templates of messages say
 * `@@password@@`. One that is the whole text, or has capitals, is never one of those.
 */
export function mayStay(text: string, name: string): boolean {
  return /^[a-z_]+$/.test(name) && !text.includes(`##${name}##`) && valueMarker(text) === undefined
}

/**
 * A value with the markers of its texts and keys filled, in one pass: what a value holds is not filled again. A
 * marker that `find` returns `undefined` for stays. `@@KEY@@` becomes the JSON value of its text, where the text is
 * JSON, else the text; within a longer text, quotes around it included, what JSON writes for it.
 */
export function fillMarkers<T>(value: T, find: (name: string) => string | undefined): T {
  return fill(value, find) as T
}

function fill(value: unknown, find: (name: string) => string | undefined): unknown {
  if (typeof value === 'string') return fillText(value, find)
  if (Array.isArray(value)) return value.map((item) => fill(item, find))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [String(fillText(key, find)), fill(item, find)]),
  )
}

function fillText(text: string, find: (name: string) => string | undefined): unknown {
  const whole = valueMarker(text)
  if (whole !== undefined) {
    const value = find(whole)
    return value === undefined ? text : jsonValue(value)
  }
  return text.replaceAll(FILL, (marker, name: string | undefined, _quote, json: string | undefined) => {
    const value = find((name ?? json)!)
    if (value === undefined) return marker
    return name === undefined ? JSON.stringify(jsonValue(value)) : value
  })
}

/** What a `@@KEY@@` marker stands for. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
