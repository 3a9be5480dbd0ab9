const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * A source map for code that ships as it is written: every word maps to itself.
 * `source` is the address of the source, relative to the folder of the map.
 */
export function identityMap(file: string, source: string, code: string): string {
  let lastLine = 0
  let lastColumn = 0
  const mappings = code.split('\n').map((line, index) => {
    const segments: string[] = []
    let previous = 0
    for (const { index: column } of line.matchAll(/[\w$]+|[^\w\s$]/g)) {
      const step = vlq(column - previous)
      segments.push(
        segments.length > 0
          ? `${step}AA${step}`
          : `${step}A${vlq(index - lastLine)}${vlq(column - lastColumn)}`,
      )
      previous = column
    }
    if (segments.length > 0) {
      lastLine = index
      lastColumn = previous
    }
    return segments.join(',')
  })
  return JSON.stringify({
    version: 3,
    file,
    sources: [source],
    sourcesContent: [code],
    names: [],
    mappings: mappings.join(';'),
  })
}

const SHORT = Array.from({ length: 256 }, (_, value) => encoded(value))

/** Base64 variable-length quantity of the source map format. */
function vlq(value: number): string {
  return SHORT[value] ?? encoded(value)
}

function encoded(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += DIGITS[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}
