/**
 * Action sources for benches: the same for the same seed, no two alike, 60 to 300 lines each. As dense as public
 * Actions are: a quarter of the lines are comments, and a line has about three nodes of syntax, a sixth of a call, and
 * a tenth of a condition.
 */

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

/** One Action. `typescript`: with type annotations. */
export function generatedAction(index: number, random: () => number, typescript = false): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const number = (below: number) => Math.floor(random() * below)
  const type = (text: string) => (typescript ? `: ${text}` : '')
  const lines = [
    '/**',
    ' * Handler that will be called during the execution of a PostLogin flow.',
    ' *',
    ' * @param {Event} event - Details about the user and the context in which they are logging in.',
    ' * @param {PostLoginAPI} api - Methods that change the behavior of the login.',
    ' */',
    `const NAMESPACE = 'https://app${index}.example/'`,
    '',
    `// What each ${pick(WORDS)} stands for in our systems.`,
    `const SETTINGS${type('Record<string, unknown>')} = {`,
  ]
  for (let more = 4 + number(10); more > 0; more--) {
    lines.push(`  ${pick(WORDS)}${more}: '${pick(WORDS)} of the ${pick(WORDS)} ${number(1000)}',`)
  }
  lines.push('}', '')
  const wanted = 84 + number(200)
  const helpers: string[] = []
  while (lines.length < wanted - 34) {
    const name = `${pick(WORDS)}Of${lines.length}`
    const member = pick(WORDS)
    helpers.push(name)
    lines.push(
      `/**`,
      ` * The ${member} of a user, as our ${pick(WORDS)} service names it.`,
      ` */`,
      `function ${name}(user${type('any')}, fallback${type('string')})${type('string')} {`,
      `  const metadata = user.app_metadata || {}`,
      `  // Users from before the move have no ${member}.`,
      `  if (metadata.${member} === undefined) return fallback`,
      ``,
    )
    if (random() < 0.4) {
      lines.push(
        `  let found = fallback`,
        `  for (const part of String(metadata.${member}).split('-')) {`,
        `    if (part.length > ${number(9)}) {`,
        `      found = part`,
        `      break`,
        `    }`,
        `  }`,
        `  return found`,
      )
    } else {
      lines.push(
        `  const labels = {`,
        `    ${pick(WORDS)}: '${pick(WORDS)}',`,
        `    other: 'none',`,
        `  }`,
        `  return labels[metadata.${member}] ?? labels.other`,
      )
    }
    lines.push(`}`, ``)
  }
  lines.push(
    `exports.onExecutePostLogin = async (event${type('any')}, api${type('any')}) => {`,
    '  const { user } = event',
    '',
    '  // Nothing to do for machines.',
    `  if (event.client.metadata.kind === '${pick(WORDS)}') {`,
    `    console.log('left out', event.client.name)`,
    '    return',
    '  }',
    '',
  )
  for (const helper of helpers) {
    const claim = `\`\${NAMESPACE}${pick(WORDS)}\``
    if (random() < 0.7) {
      lines.push(`  api.accessToken.setCustomClaim(${claim}, ${helper}(user, SETTINGS.${pick(WORDS)}1))`)
    } else {
      lines.push(
        '  // Members of an organization only.',
        '  if (event.organization) {',
        `    api.idToken.setCustomClaim(${claim}, ${helper}(user, 'none'))`,
        '  }',
      )
    }
  }
  lines.push(
    '',
    '  // Our older services read this one.',
    '  if (event.authorization) {',
    `    api.accessToken.setCustomClaim('${pick(SHORT)}', event.authorization.roles)`,
    '  }',
    `  if (event.stats.logins_count > ${number(1000)}) {`,
    "    return api.access.deny('Too many logins')",
    '  }',
    '}',
    '',
  )
  return lines.join('\n')
}
