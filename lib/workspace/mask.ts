import { fillMarkers, jsonValue, markersIn } from './marker-text.ts'

export interface MaskOptions {
  /** Values by the name of their marker. */
  keywords: Readonly<Record<string, string>>
  /** What the values were filled into: tenant.yaml as it is written. Its own texts are never masked. */
  written?: unknown
  /** Further texts that everybody may see, such as the tenant's domain. */
  plain?: readonly string[]
  /** Texts without a marker that nobody may see, such as a client secret: they become `***`. */
  secrets?: readonly string[]
}

export interface Mask {
  /** A text for showing: values have become their markers again, in whatever form they stand there. */
  text(text: string): string
  /** A document for showing: the same in all its texts and keys, except where our own words stand. */
  document<T>(value: T): T
}

interface Form {
  text: string
  shown: string
  /** Counts only as a word of its own. */
  word: boolean
}

/** Below this length a value is looked for as a word of its own: "eu" is in too many others. */
const SHORT = 6

/** What shows of what has no marker. */
const HIDDEN = '***'

/**
 * Words of our own sentences. As a value one of them tells nobody anything where a sentence has it anyway, so it counts
 * only where it stands as a value: in quotes, or as the whole text.
 */
const OUR_WORDS: ReadonlySet<string> = new Set(
  `action actions auth0 before binding build call calls canary change changed changes check claim claims client clients
  code command connection connections contract create created credentials delete deleted deploy deployed deploys diff
  domain draft dry-run empty env environment error errors everything file files finding findings folder force git help
  hint json journal keywords left limit list local lock log login logs main marker markers members message name names
  node note nothing number order organization organizations overwrite page pages path permission permissions plan planned
  post-login private public pull real record records redirect refresh refused release role roles rollback rule rules run
  runs scope scopes script secret secrets send sent server settings source sources start state stop tenant test text
  token tokens trigger triggers type types undo unchanged undone update updated url user users value values version
  versions warning workspace write written yaml`.split(/\s+/),
)

/** Texts within a list or an object that a value is count from here: lists often hold plain words. */
const SHORT_ITEM = 8

/** Members of our documents that hold our own words, numbers in hexadecimal, or the tenant that the user named. */
const OURS: ReadonlySet<string> = new Set([
  ...['command', 'outcome', 'domain', 'type', 'change', 'token', 'severity', 'rule', 'verdict', 'category'],
  ...['codeHash', 'runtime', 'date', 'commit', 'canary', 'step', 'source'],
  ...['kind', 'method', 'path', 'calls', 'published', 'journal', 'number', 'finishes'],
])

/** Turns values of markers back into their markers, wherever something is shown. */
export function maskOf(options: MaskOptions): Mask {
  const { forms, plain, wholes } = prepared(options)
  const text = (shown: string) => masked(shown, forms, plain)
  const document = (value: unknown, key?: string): unknown => {
    if (typeof value === 'string') return key !== undefined && OURS.has(key) ? value : text(value)
    if (typeof value !== 'object' || value === null) return value
    const whole = wholes.get(JSON.stringify(value))
    if (whole !== undefined && !(key !== undefined && OURS.has(key))) return whole
    if (Array.isArray(value)) return value.map((item) => document(item, key))
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [OURS.has(name) ? name : text(name), document(item, name)]),
    )
  }
  return { text, document: <T>(value: T) => document(value) as T }
}

/** A text in pieces: what is no value, and markers, each with which of the forms of its value stands there. */
export type Spelled = readonly (string | readonly [name: string, form: number])[]

/** A text with markers in place of values, whatever form these have there, so that {@link unspelled} gives it back. */
export function spelled(text: string, keywords: Readonly<Record<string, string>>): Spelled {
  const forms = Object.entries(keywords)
    .filter(([, value]) => !isPlain(value))
    .flatMap(([name, value]) => everyForm(value).map((form, index) => ({ name, form, index })))
    .filter(({ form }) => text.includes(form))
    .sort((a, b) => b.form.length - a.form.length)
  const pieces: (string | readonly [string, number])[] = []
  let at = 0
  for (let from = 0; from < text.length; ) {
    const found = forms.find(
      ({ form }) =>
        text.startsWith(form, from) &&
        (form.length >= SHORT || !(goesOn(text, from - 1, -1) || goesOn(text, from + form.length, 1))),
    )
    if (found === undefined) {
      from++
      continue
    }
    pieces.push(text.slice(at, from), [found.name, found.index])
    from += found.form.length
    at = from
  }
  return [...pieces, text.slice(at)].filter((piece) => piece !== '')
}

/** The text of pieces; a marker stays where it has no value, or one without that form. */
export function unspelled(pieces: Spelled, keywords: Readonly<Record<string, string>>): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const [name, form] = piece
      return (Object.hasOwn(keywords, name) ? everyForm(keywords[name]!)[form] : undefined) ?? `##${name}##`
    })
    .join('')
}

/** How a value, or a longer text of a list that it is, may be written. */
function everyForm(value: string): string[] {
  const json = jsonValue(value)
  const items = typeof json === 'object' ? [...texts(json)].filter((item) => item.length >= SHORT_ITEM) : []
  return [...new Set([value, ...items].flatMap((text) => [...formsOf(text)]))].filter((form) => form !== '')
}

/** No secret fits into these, and they are everywhere. */
function isPlain(value: string): boolean {
  return value.trim() === '' || /^(?:true|false|null|\d{1,2}|.)$/.test(value)
}

function prepared({ keywords, written, plain = [], secrets = [] }: MaskOptions) {
  const values = Object.entries(keywords)
    .filter(([, value]) => value.trim() !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const forms = new Map<string, Form>()
  const wholes = new Map<string, string>()
  const add = (text: string, shown: string, word: boolean) => {
    if (text !== '' && !forms.has(text)) forms.set(text, { text, shown, word })
  }
  const literals: string[] = [...plain]
  for (const leaf of leaves(written)) {
    if (markersIn(leaf).length === 0) {
      literals.push(leaf)
      continue
    }
    const filled = fillMarkers(leaf, (name) => (Object.hasOwn(keywords, name) ? keywords[name] : undefined))
    const text = typeof filled === 'string' ? filled : JSON.stringify(filled)
    if (text === leaf) continue
    // A short name cannot be told from other words by itself, but it can where it is quoted.
    if (text.length < SHORT)
      for (const quote of ['"', "'", '`']) add(quote + text + quote, quote + leaf + quote, false)
    else for (const form of spellings(text)) add(form, leaf, false)
  }
  for (const secret of secrets) for (const form of formsOf(secret)) add(form, HIDDEN, false)
  for (const [name, value] of values) {
    if (isPlain(value)) continue
    for (const form of formsOf(value)) add(form, `##${name}##`, form.length < SHORT)
    const json = jsonValue(value)
    if (typeof json !== 'object' || json === null || Object.keys(json).length === 0) continue
    wholes.set(JSON.stringify(json), `@@${name}@@`)
    for (const item of texts(json)) {
      if (item.length >= SHORT_ITEM) for (const form of formsOf(item)) add(form, `@@${name}@@`, true)
    }
  }
  return {
    forms: [...forms.values()].sort((a, b) => b.text.length - a.text.length),
    plain: literals.filter(
      (literal) => values.some(([, value]) => literal.includes(value)) || forms.has(literal),
    ),
    wholes,
  }
}

/** How a value may be written elsewhere. */
function formsOf(value: string): Set<string> {
  const forms = spellings(value)
  if (value.length >= SHORT) {
    // Logs come line by line, and a key has many.
    for (const line of value.split(/\r?\n/)) {
      if (line.trim().length >= SHORT) for (const form of spellings(line.trim())) forms.add(form)
    }
    for (const form of encodings(value)) forms.add(form)
    // Hosts and headers are written in small letters.
    for (const form of [value.toLowerCase(), value.toUpperCase()]) forms.add(form)
  }
  return forms
}

/** Escaped, as texts stand in JSON, in addresses, in HTML and in what Node prints. */
function spellings(text: string): Set<string> {
  const json = JSON.stringify(text).slice(1, -1)
  const url = inAddress(text, encodeURIComponent)
  return new Set([
    text,
    json,
    JSON.stringify(json).slice(1, -1),
    text.replaceAll(/\s+/g, ' ').trim(),
    json.replaceAll('/', '\\/'),
    [...text].map((c) => (c > '~' ? escapedUnit(c) : JSON.stringify(c).slice(1, -1))).join(''),
    text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r'),
    url,
    url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll('%20', '+'),
    new URLSearchParams([['', text]]).toString().slice(1),
    inAddress(text, encodeURI),
    text.replaceAll(/[&<>"']/g, (c) => HTML[c]!),
  ])
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapedUnit(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')
}

/** Half a character cannot be written in an address. */
function inAddress(text: string, encode: (text: string) => string): string {
  try {
    return encode(text)
  } catch {
    return ''
  }
}

/** Base64 at each of its three alignments, since the value may stand within something longer, and hexadecimal. */
function encodings(value: string): string[] {
  const bytes = Buffer.from(value)
  const found = [bytes.toString('hex')]
  for (const encoding of ['base64', 'base64url'] as const) {
    const whole = bytes.toString(encoding)
    found.push(whole, whole.replace(/={1,2}$/, ''))
    for (const before of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString(encoding)
        .replace(/={1,2}$/, '')
      // The characters at both ends hold bits of the neighbours.
      const inner = text.slice([0, 2, 3][before], (before + bytes.length) % 3 === 0 ? undefined : -1)
      if (inner.length >= SHORT) found.push(inner)
    }
  }
  return found
}

interface Span {
  from: number
  to: number
  shown: string
}

function masked(text: string, forms: readonly Form[], plain: readonly string[]): string {
  const open = plain.flatMap((literal) =>
    placesOf(text, literal).map((from) => [from, from + literal.length] as const),
  )
  const spans: Span[] = []
  for (const { text: form, shown, word } of forms) {
    for (const from of placesOf(text, form)) {
      const to = from + form.length
      if (word && (goesOn(text, from - 1, -1) || goesOn(text, to, 1))) continue
      if (shown !== HIDDEN && OUR_WORDS.has(form) && !isValue(text, from, to)) continue
      if (open.some(([start, end]) => start <= from && to <= end)) continue
      spans.push({ from, to, shown })
    }
  }
  if (spans.length === 0) return text
  spans.sort((a, b) => a.from - b.from || b.to - a.to)
  let result = ''
  let at = 0
  for (let index = 0; index < spans.length; ) {
    // Values that overlap are taken out as one; the longest gives its marker.
    let longest = spans[index]!
    const { from } = longest
    let { to } = longest
    for (index++; index < spans.length && spans[index]!.from < to; index++) {
      const span = spans[index]!
      if (span.to - span.from > longest.to - longest.from) longest = span
      to = Math.max(to, span.to)
    }
    result += text.slice(at, from) + longest.shown
    at = to
  }
  return result + text.slice(at)
}

function placesOf(text: string, part: string): number[] {
  const places: number[] = []
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) places.push(at)
  return places
}

function isValue(text: string, from: number, to: number): boolean {
  if (text.trim().length === to - from) return true
  return /["'`]/.test(text[from - 1] ?? '') && /^\\{0,3}["'`]/.test(text.slice(to, to + 4))
}

/**
 * Whether a word goes on at `index`: `team` stands in `team-claims`, in `team.example` and in `--team`,
 * not in `team.`.
 */
function goesOn(text: string, index: number, step: 1 | -1): boolean {
  const [next = '', after = ''] = [text[index], text[index + step]]
  return WORD.test(next) || (/[.-]/.test(next) && (step === -1 || WORD.test(after)))
}

const WORD = /[\p{L}\p{N}_]/u

/** Texts of a JSON value, without its keys. */
function* texts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) yield* texts(item)
  }
}

function* leaves(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) for (const item of value) yield* leaves(item)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield key
      yield* leaves(item)
    }
  }
}
