import { type Blocks, noBlocks, sort } from './block.ts'
import { quotedAt } from './quoted.ts'

/** Actions among the texts of a JSON file, such as an export of a tenant. */
export function blocksOfJson(source: string): Blocks {
  const blocks = noBlocks()
  let key: string | undefined
  for (let at = source.indexOf('"'); at !== -1; at = source.indexOf('"', at)) {
    const { excerpt, end } = quotedAt(source, at)
    const { text } = excerpt
    at = end
    while (at < source.length && ' \t\r\n'.includes(source[at]!)) at++
    if (source[at] === ':') {
      key = text
      continue
    }
    sort(blocks, { text, placeOf: (offset) => excerpt.placeOf(offset) }, key)
    key = undefined
  }
  try {
    JSON.parse(source)
  } catch {
    blocks.fault = { message: 'it is no JSON', offset: 0 }
  }
  return blocks
}
