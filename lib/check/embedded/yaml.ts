import { isScalar, type Pair, parseAllDocuments, type Scalar, visit } from 'yaml'
import { type Blocks, noBlocks, sort } from './block.ts'
import { Excerpt, excerptOf, linesOf, withoutIndent } from './excerpt.ts'
import { quotedAt } from './quoted.ts'

/** Actions among the texts of a YAML file. */
export function blocksOfYaml(source: string): Blocks {
  const blocks = noBlocks()
  const documents = parseAllDocuments(source, { logLevel: 'silent', uniqueKeys: false })
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors
    if (error !== undefined) blocks.fault ??= { message: error.message.split('\n')[0]!, offset: error.pos[0] }
    visit(document, {
      Scalar(place, node, path) {
        if (place === 'key' || typeof node.value !== 'string' || !node.range) return
        const parent = path.at(-1) as Pair | undefined
        const key = isScalar(parent?.key) ? String(parent.key.value) : undefined
        const excerpt = excerptOfScalar(source, node)
        sort(blocks, { text: excerpt.text, placeOf: (offset) => excerpt.placeOf(offset) }, key)
      },
    })
  }
  return blocks
}

function excerptOfScalar(source: string, { type, range, value }: Scalar): Excerpt {
  const [start, end] = range!
  switch (type) {
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED': {
      // The header has the first line.
      const lines = linesOf(source, source.indexOf('\n', start) + 1, end)
      return excerptOf(source, withoutIndent(source, lines))
    }
    case 'QUOTE_DOUBLE':
      return quotedAt(source, start).excerpt
    default: {
      const text = String(value)
      const from = source.indexOf(text, start)
      const excerpt = new Excerpt(source)
      if (from !== -1 && from < end) excerpt.copy(from, from + text.length)
      else excerpt.put(text, start)
      return excerpt
    }
  }
}
