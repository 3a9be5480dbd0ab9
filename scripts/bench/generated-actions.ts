/** Action sources for benches: the same for the same seed, 60 to 300 lines each, no two alike. */

/** Numbers in [0, 1) from a seed (mulberry32), so that every run and every peer gets the same files. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const WORDS = ['plan', 'region', 'tier', 'team', 'locale', 'quota', 'cohort', 'segment', 'branch', 'grade']
const SHORT = ['roles', 'permissions', 'org_id', 'groups', 'plan', 'tier']

/** One Action of about `lines` lines. `typescript`: with type annotations. */
export function generatedAction(index: number, random: () => number, typescript = false): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const type = (text: string) => (typescript ? `: ${text}` : '')
  const wanted = 60 + Math.floor(random() * 230)
  const host = `https://app${index}.example`
  const lines = [
    '/**',
    ` * Generated Action ${index}.`,
    ' */',
    `const NAMESPACE = '${host}/'`,
    `const LIMIT${type('number')} = ${Math.floor(random() * 1000)}`,
    'const claim = (name' + type('string') + ') => `${NAMESPACE}${name}`',
    '',
  ]
  const helpers: string[] = []
  while (lines.length < wanted - 30) {
    const name = `${pick(WORDS)}Of${lines.length}`
    const other = pick(WORDS)
    helpers.push(name)
    lines.push(
      `function ${name}(user${type('any')}, fallback${type('string')})${type('string')} {`,
      `  const metadata = user.app_metadata || {}`,
      `  if (metadata.${other} === undefined) return fallback`,
      `  const parts${type('string[]')} = String(metadata.${other}).split('-')`,
      ...(random() < 0.5
        ? [
            '  let found = fallback',
            '  for (const part of parts) {',
            `    if (part.length > ${Math.floor(random() * 9)} && part !== '${pick(WORDS)}') {`,
            '      found = part.trim().toLowerCase()',
            '      break',
            '    }',
            '  }',
            '  return found',
          ]
        : [
            `  return parts.filter((part) => part.length > ${Math.floor(random() * 9)}).map((part) => part.trim()).join('.')`,
          ]),
      '}',
      '',
    )
  }
  const parameters = `(event${type('any')}, api${type('any')})`
  lines.push(`exports.onExecutePostLogin = async ${parameters} => {`, '  const { user } = event')
  for (const helper of helpers) {
    if (random() < 0.5) {
      lines.push(
        `  api.accessToken.setCustomClaim(claim('${pick(WORDS)}'), ${helper}(user, '${pick(WORDS)}'))`,
      )
    } else {
      lines.push(
        `  if (event.organization) {`,
        '    api.idToken.setCustomClaim(`${NAMESPACE}' + pick(WORDS) + '`, ' + `${helper}(user, 'none'))`,
        '  }',
      )
    }
  }
  lines.push(
    '  if (event.authorization) {',
    `    api.accessToken.setCustomClaim('${pick(SHORT)}', event.authorization.roles)`,
    '  }',
    `  if (event.stats.logins_count > LIMIT) return api.access.deny('Too many logins')`,
    '}',
    '',
  )
  return lines.join('\n')
}
