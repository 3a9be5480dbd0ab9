import { withMember } from './event-changes.ts'
import { described, type Kind, oneOf } from './kind.ts'
import { INHERITED } from './odd-values.ts'
import type { Literal } from './read-code.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A place of the event that holds a text, and what may stand there. */
interface Place {
  /** In the story. */
  what: string
  /** Values that Actions forget. */
  odd: readonly (string | undefined)[]
  /** Which of the Action's words may stand there. @defaultValue any */
  word?: RegExp
}

const NAMES = [
  undefined,
  '',
  'x',
  'Łukasz',
  "O'Neill, Jr.",
  '\u{1F600}'.repeat(30),
  '語'.repeat(150),
  'x'.repeat(300),
]

/** By the path below `event`. Auth0 says of none of them how long it is at most. */
const PLACES: Readonly<Record<string, Place>> = {
  'client.name': { what: 'the name of the application', odd: [...INHERITED, 'Łódź 100 %', 'x'.repeat(200)] },
  'connection.name': { what: 'the name of the connection', odd: ['constructor'], word: /^[\dA-Za-z][\w-]*$/ },
  'organization.name': {
    what: 'the name of the organization',
    odd: ['constructor', 'a_b-c', '0'],
    word: /^[\da-z][\w-]{0,49}$/,
  },
  'organization.display_name': { what: 'the display name of the organization', odd: NAMES.slice(2) },
  'request.language': {
    what: 'the language of the browser',
    odd: [undefined, 'de-AT', 'zh-Hans-CN', 'tlh'],
    word: /^[a-z]{2,3}(?:-\w+)*$/,
  },
  'request.user_agent': { what: 'the user agent', odd: [undefined, '', 'curl/8.9.1', 'x'.repeat(2000)] },
  'request.ip': { what: 'the address', odd: ['2001:db8::7'], word: /^(?:\d+\.){3}\d+$/ },
  'request.geoip.cityName': { what: 'the city', odd: [undefined, 'São Paulo', "L'Aquila"], word: /^[A-Z]/ },
  'request.geoip.continentCode': { what: 'the continent', odd: [undefined, 'AS', 'NA'], word: /^[A-Z]{2}$/ },
  'request.geoip.countryCode3': { what: 'the country', odd: [undefined, 'USA'], word: /^[A-Z]{3}$/ },
  'request.geoip.countryName': {
    what: 'the name of the country',
    odd: [undefined, 'Türkiye', 'Côte d’Ivoire'],
    word: /^[A-Z]/,
  },
  'request.geoip.subdivisionCode': { what: 'the region', odd: [undefined, 'CA'], word: /^\w{1,3}$/ },
  'request.geoip.timeZone': {
    what: 'the time zone',
    odd: [undefined, 'America/Argentina/Buenos_Aires', 'UTC'],
    word: /^[A-Z]\w+\/\w+|^UTC$/,
  },
  'tenant.id': { what: 'the tenant', odd: [], word: /^[\da-z][\w-]*$/ },
  'transaction.locale': {
    what: 'the language of the login',
    odd: [undefined, 'pt-BR'],
    word: /^[a-z]{2}(?:-\w+)?$/,
  },
  'transaction.login_hint': { what: 'the login hint', odd: ['', '%', 'ada@acme.example'] },
  'user.family_name': { what: 'the family name', odd: NAMES },
  'user.given_name': { what: 'the given name', odd: NAMES },
  'user.nickname': { what: 'the nickname', odd: [...NAMES, ...INHERITED] },
  'user.username': { what: 'the username', odd: [undefined, 'ada', ...INHERITED], word: /^[\w.-]{1,15}$/ },
  'user.phone_number': {
    what: 'the phone number',
    odd: [undefined, '+4366412345678', '+1 (555) 0100'],
    word: /^\+\d+$/,
  },
  'user.picture': {
    what: 'the picture',
    odd: [undefined, '', `https://cdn.acme.example/${'x'.repeat(2000)}`],
    word: /^https?:/,
  },
  'user.last_password_reset': {
    what: 'the last password reset',
    odd: [undefined, '2016-02-29T00:00:00.000Z'],
    word: /^\d{4}-/,
  },
}

interface Detail {
  path: string
  value: string | undefined
}

/** Words of the Action that are put into a place that it does not compare with them. */
const FEW = 6

const made = new WeakMap<Vocabulary, Detail[]>()

function detailsOf(words: Vocabulary): Detail[] {
  const known = made.get(words)
  if (known !== undefined) return known
  const details = Object.entries(PLACES).flatMap(([path, { odd, word = /./ }]) => {
    // Where the Action does not look, nothing is to be seen.
    if (!words.mentions(path.split('.').at(-1)!)) return []
    const compared = [...words.compared].flatMap(([name, values]) =>
      name === path || name.endsWith(`.${path}`) ? textsIn(values) : [],
    )
    const may = (texts: readonly string[]) => texts.filter((text) => word.test(text))
    const values = [...odd, ...may(compared), ...may(words.texts).slice(0, FEW)]
    const isTyped = path === 'request.user_agent' || path.startsWith('user.')
    const attacks = isTyped ? [...may(words.shapes).slice(0, FEW), ...words.attacks] : []
    return [...new Set([...values, ...attacks])].map((value) => ({ path, value }))
  })
  const all = details.length > 0 ? details : [{ path: 'request.language', value: undefined }]
  made.set(words, all)
  return all
}

/** Texts and numbers, as texts. */
function textsIn(values: readonly Literal[]): string[] {
  return values.filter((value) => typeof value !== 'boolean').map(String)
}

/** What stands in one place of the event. */
export const detail: Kind<Detail> = oneOf(detailsOf, {
  story: ({ path, value }) => `${PLACES[path]!.what} is ${described(value)}`,
  apply: (event, { path, value }) => withMember(event, path.split('.'), value),
})
