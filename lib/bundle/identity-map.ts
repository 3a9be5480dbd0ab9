import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec'

/**
 * A source map for code that ships as it is written: every word maps to itself.
 * `source` is the address of the source, relative to the folder of the map.
 */
export function identityMap(file: string, source: string, code: string): string {
  const lines = code
    .split('\n')
    .map((line, number) =>
      Array.from(
        line.matchAll(/[\w$]+|[^\w\s$]/g),
        ({ index: column }): SourceMapSegment => [column, 0, number, column],
      ),
    )
  return JSON.stringify({
    version: 3,
    file,
    sources: [source],
    sourcesContent: [code],
    names: [],
    mappings: encode(lines),
  })
}
