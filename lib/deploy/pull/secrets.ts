import { markersIn } from '../../workspace/index.ts'
import { isReservedMarker } from '../marker-values.ts'

/** Names of members whose text is, or may be, a secret. */
const SECRET_NAME =
  /secret|passw(?:or)?ds?(?:_?(?:value|hash|\d{1,9}))?$|passphrase|private|(?:signing|encryption|api|access|master|sas|storage|shared|account)_?keys?|(?:^|_)keys?$|[a-z]Key$|token$|credential|authorization$|auth_?header|bearer|smtp_pass|pkcs|(?:^|_)cert(?:ificate)?s?$|[a-z]Cert$|webhook|(?:^|_)salt$|(?:^|_)pin$|connection_?string/i

/** Further ones among the owner's own members, and in addresses and assignments within a text. */
const LOOSE_NAME =
  /(?:^|_)(?:auth|otp|totp|seed|mnemonic|cookies?|session(?:_id)?|sid|dsn|pwd?|pass|sig|signature|hmac|jwt)(?:_|$)/i

/** Among the owner's own members a password may be called so as well. */
const OWN_NAME = /passw/i

/** Members with such a name, or within one, that say no secret. */
const OPEN_NAMES: ReadonlySet<string> = new Set([
  ...['refresh_token', 'id_token', 'access_token_authz', 'token_quota', 'token_exchange', 'token_encryption'],
  ...['credential_type', 'alg', 'kid', 'format', 'name', 'id', 'client_id', 'subject_type_authorization'],
])

/** The same of Auth0's members; among the owner's own they may say anything. */
const OPEN_OF_AUTH0: ReadonlySet<string> = new Set([
  'method',
  'type',
  'status',
  'provider',
  'strategy',
  'smtp_host',
])

/** What secrets look like, also among words: how they begin is enough. */
const SECRET_IN_WORDS = [
  /-----BEGIN [A-Z0-9 ]+-----/,
  /\beyJ[\w-]{8}/,
  /:\/\/[^\s/:@]+:[^\s/@]+@/,
  /\b(?:sk|rk)_(?:live|test)_\w{8}/,
  /\b(?:gh[pousr]_\w{20}|github_pat_\w{20}|glpat-[\w-]{16}|npm_\w{30}|xox[abeprs]-[\w-]{10})/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30}|\bSG\.[\w-]{16}|\bya29\.[\w-]{16}/,
]

/** The same, where no sentences stand. */
const SECRET_TEXT = [
  ...SECRET_IN_WORDS,
  /\b(?:Bearer|Basic) [\w+/=.-]{12}/i,
  // Who has such an address may post to it; a name alone is a key where it is long.
  /:\/\/hooks?\.[^\s/]+\/\S|\/webhooks?\w?\/|\/bot\d+:/i,
  /:\/\/[\w.~%+-]{16,}@/,
]

/** `name=value` in an address or a connection, and `"name": "value"` in JSON within a text. */
const ASSIGNMENT = /(?<![\w.-])([\w.-]+(?: Key)?)(?:=|"\s*:\s*"?)(?![\s"&;,{<[]|$)/gi

/** `name: value`, as in YAML and headers. */
const COLON = /(?:^|[\s,;{])([\w.-]+):[ \t]+\S/g

/** Below these, members are the owner's own: what looks random there may be a secret, whatever its name. */
const FREE_FORM = /^(?:metadata|client_metadata|addons|options|branding|app_metadata)$/
const OWN_FORM = /^(?:metadata|client_metadata|addons|app_metadata)$/

/** `-----BEGIN CERTIFICATE` as base64, as the deploy CLI writes certificates. */
const ENCODED_CERTIFICATE = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t'

/**
 * Whether a text of a tenant's answer is, or may be, a secret. `path`: names of members down to it, without indexes.
 */
function maybeSecret(path: readonly string[], text: string): boolean {
  if (text === '' || isCertificate(text)) return false
  if (SECRET_TEXT.some((pattern) => pattern.test(text))) return true
  if (namesIn(text, ASSIGNMENT).some((name) => isSecretParameter(name))) return true
  const name = path.at(-1) ?? ''
  const own = path.findIndex((part) => OWN_FORM.test(part))
  if (OPEN_NAMES.has(name) || (own === -1 && OPEN_OF_AUTH0.has(name))) return false
  // Below `password` stands how one logs in with one, and below `configuration` what scripts of a database read.
  if (isSecretName(name) || path.slice(0, -1).some((part) => isSecretName(part) && !/passw/i.test(part)))
    return true
  if (path.some((part, index) => part === 'configuration' && path[index - 1] === 'options')) return true
  if (own !== -1 && path.slice(own + 1).some((part) => OWN_NAME.test(part))) return true
  const free = path.findIndex((part) => FREE_FORM.test(part))
  if (free === -1) return false
  return (
    path.slice(free + 1).some((part) => LOOSE_NAME.test(asWords(part))) ||
    namesIn(text, COLON).some((name) => isSecretParameter(name)) ||
    text.split(/[/?#&\s]/).some((part) => looksRandom(part)) ||
    looksRandom(text)
  )
}

/** A certificate is shown to everybody; with its key it is none. */
function isCertificate(text: string): boolean {
  const plain = text.startsWith(ENCODED_CERTIFICATE) ? Buffer.from(text, 'base64').toString() : text
  return /^\s*-----BEGIN CERTIFICATE-----/.test(plain) && !plain.includes('PRIVATE KEY')
}

function isSecretName(name: string): boolean {
  return (SECRET_NAME.test(name) || SECRET_NAME.test(asWords(name))) && !OPEN_NAMES.has(name)
}

/** What an address gives for a login, and keys of functions that are called so. */
function isSecretParameter(name: string): boolean {
  return (
    SECRET_NAME.test(asWords(name)) || LOOSE_NAME.test(asWords(name)) || /^(?:code|id_token)$/i.test(name)
  )
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name!)
}

/** `apiKey`, `api-key` and `Api Key` as `api_key`. */
function asWords(name: string): string {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

function looksRandom(text: string): boolean {
  if (text.length < 20 || !/^[\w+/=~-]+$/.test(text) || !/\d/.test(text) || !/[A-Za-z]/.test(text))
    return false
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return false
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits > 3.5
}

/** Names for the markers of one pull, each used once. */
export class MarkerNames {
  readonly #used: Set<string>
  readonly #byText = new Map<string, string>()
  readonly #texts = new Map<string, string>()

  /** @param taken Names that are not to be given. */
  constructor(taken: Iterable<string> = []) {
    this.#used = new Set(taken)
  }

  /** The text, or the one marker for all places where a text stands that would be taken for a marker. */
  markerForText(text: string, words: readonly string[]): string {
    if (markersIn(text).length === 0) return text
    const marker = this.#byText.get(text) ?? this.markerFor(words, text)
    this.#byText.set(text, marker)
    return marker
  }

  /** A marker for what these words name, such as `##CLIENT_SHOP_ADDONS_SAP_SECRET##`. `text`: what it stands for. */
  markerFor(words: readonly string[], text?: string): string {
    const plain = words
      .map((word) => word.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]+/g, '_'))
      .join('_')
      .replaceAll(/_+/g, '_')
      .replaceAll(/^_|_$/g, '')
      .toUpperCase()
      .slice(0, 120)
    const base = plain === '' || isReservedMarker(plain) || /^\d/.test(plain) ? `OF_${plain}` : plain
    let name = base
    for (let count = 2; this.#used.has(name) || isReservedMarker(name); count++) name = `${base}_${count}`
    this.#used.add(name)
    const marker = `##${name}##`
    this.#texts.set(marker, text ?? '')
    return marker
  }

  /** Whether a text is a marker that was given here. */
  has(text: string): boolean {
    return this.#texts.has(text)
  }

  /** What a marker that was given here stands for; `undefined` where the tenant does not show it. Never to be printed. */
  textOf(marker: string): string | undefined {
    const text = this.#texts.get(marker) ?? ''
    return text === '' || HIDDEN.test(text) ? undefined : text
  }
}

/** Stands for a secret that a tenant has and does not show. */
export const NOT_SHOWN = '_VALUE_NOT_SHOWN_'

/** What a tenant, or the deploy CLI, shows in place of a secret. */
const HIDDEN = /^(?:\*+|_VALUE_NOT_SHOWN_|##[A-Z0-9_]+##)$/

/**
 * A value with a marker for each text that is, or may be, a secret. `owner`: words for whose value it is. `words`:
 * whether it is full of sentences for people, whose members may be called anything.
 */
export function withMarkers(
  value: unknown,
  owner: readonly string[],
  names: MarkerNames,
  { words: inWords = false }: { words?: boolean } = {},
): unknown {
  const visit = (item: unknown, path: readonly string[], words: readonly string[]): unknown => {
    if (typeof item === 'string') {
      const secret = inWords ? SECRET_IN_WORDS.some((pattern) => pattern.test(item)) : maybeSecret(path, item)
      // Names are referred to, so that a text has one marker wherever it stands.
      return secret
        ? names.markerFor([...owner, ...words], item)
        : names.markerForText(item, [...owner, ...words])
    }
    if (Array.isArray(item)) {
      return item.map((one, index) =>
        visit(one, path, item.length > 1 ? [...words, String(index + 1)] : words),
      )
    }
    if (typeof item !== 'object' || item === null) return item
    return Object.fromEntries(
      Object.entries(item).map(([key, one]) => [key, visit(one, [...path, key], [...words, key])]),
    )
  }
  return visit(value, [], [])
}

/** Whether there is anything in a value. */
export function hasContent(value: unknown): boolean {
  if (value === undefined || value === null) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
