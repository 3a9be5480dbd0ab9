import type { Fixture } from '../prove/index.ts'

/** What a login breaks, where, and the login itself, as lines of a terminal. */
export function storyLines({ property, message, at, story }: Omit<Fixture, 'event'>): string[] {
  const [who, ...twists] = story
  const place = at === undefined ? '' : `${at.file}:${at.line}:${at.column} `
  return [`${place}${property}: ${message}`, `  ${who}`, ...twists.map((one) => `  and ${one}`)]
}
