import type { DeepPartial, SimulatedEvent } from './simulated-event.ts'

const FIRST = [
  'Ada',
  'Alan',
  'Barbara',
  'Edsger',
  'Frances',
  'Grace',
  'Hedy',
  'Ivan',
  'Joan',
  'Karen',
  'Niklaus',
]
const LAST = [
  'Allen',
  'Clarke',
  'Dijkstra',
  'Hopper',
  'Lamarr',
  'Liskov',
  'Lovelace',
  'Sutherland',
  'Turing',
  'Wirth',
]
const PLACES = [
  {
    countryCode: 'AT',
    countryCode3: 'AUT',
    countryName: 'Austria',
    cityName: 'Vienna',
    timeZone: 'Europe/Vienna',
  },
  {
    countryCode: 'BR',
    countryCode3: 'BRA',
    countryName: 'Brazil',
    cityName: 'Recife',
    timeZone: 'America/Recife',
  },
  { countryCode: 'JP', countryCode3: 'JPN', countryName: 'Japan', cityName: 'Osaka', timeZone: 'Asia/Tokyo' },
  {
    countryCode: 'US',
    countryCode3: 'USA',
    countryName: 'United States',
    cityName: 'Boise',
    timeZone: 'America/Boise',
  },
  {
    countryCode: 'ZA',
    countryCode3: 'ZAF',
    countryName: 'South Africa',
    cityName: 'Durban',
    timeZone: 'Africa/Johannesburg',
  },
] as const

/** Who logs in, from where and how often: another user for every seed, the same one for the same seed. */
export function seededLogin(seed: number): DeepPartial<SimulatedEvent> {
  const random = randomNumbers(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const digits = (length: number, base: number) =>
    Array.from({ length }, () => Math.floor(random() * base).toString(base)).join('')
  const id = digits(24, 16)
  const user_id = `auth0|${id}`
  const first = pick(FIRST)
  const last = pick(LAST)
  const nickname = `${first}.${last}`.toLowerCase()
  const session = `session${digits(24, 10)}`
  return {
    transaction: { id: `txn${digits(29, 10)}` },
    request: { ip: `203.0.113.${Math.floor(random() * 256)}`, geoip: pick(PLACES) },
    user: {
      user_id,
      email: `${nickname}@acme.example`,
      email_verified: random() < 0.8,
      name: `${first} ${last}`,
      nickname,
      given_name: first,
      family_name: last,
      picture: `https://cdn.acme.example/${nickname}.png`,
      identities: [
        { connection: 'Username-Password-Authentication', provider: 'auth0', user_id: id, isSocial: false },
      ],
    },
    session: { id: session, user_id },
    stats: { logins_count: 1 + Math.floor(random() * 200) },
  }
}

/** A small generator of numbers in [0, 1) whose sequence the seed decides. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
