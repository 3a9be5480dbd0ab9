import { createHash } from 'node:crypto'

const MAX_LENGTH = 60

/**
 * A file name without its ending for each name: itself where every file system takes it, else made of its letters,
 * digits, `-`, `_` and `.`. Names that would give one file, also where cases count as one, get a part of their digest.
 */
export function fileNames(names: readonly string[]): ReadonlyMap<string, string> {
  const plain = new Map(names.map((name) => [name, plainName(name)]))
  const sharing = new Map<string, string[]>()
  for (const [name, file] of plain) {
    const key = file.toLowerCase()
    sharing.set(key, [...(sharing.get(key) ?? []), name])
  }
  return new Map(
    names.map((name) => {
      const file = plain.get(name)!
      const group = sharing.get(file.toLowerCase())!
      const exact = group.filter((one) => plain.get(one) === one)
      const alone = group.length === 1 || (exact.length === 1 && exact[0] === name)
      return [name, alone ? file : `${file}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`]
    }),
  )
}

function plainName(name: string): string {
  const written = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
  // By hand: a pattern would begin anew at each of many dots.
  let end = written.length
  while ('.-'.includes(written[end - 1] ?? 'a')) end--
  const plain = written.slice(0, end)
  const short =
    plain.length <= MAX_LENGTH
      ? plain
      : `${plain.slice(0, MAX_LENGTH - 11)}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`
  if (short === '') return `action-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`
  // Names of devices on Windows, with any ending.
  return /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)/i.test(short) ? `action-${short}` : short
}
