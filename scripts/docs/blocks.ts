/** One fenced block of a Markdown page. */
export interface Block {
  /** The word after the fence; empty where there is none. */
  language: string
  /** Without the fences and their indentation, with a line break at the end. */
  body: string
  /** Where the body begins and ends in the page. */
  begin: number
  end: number
  /** Line of the opening fence, from 1. */
  line: number
  /** The HTML comment on the line above the fence, without its signs; readers do not see it. */
  note?: string
}

const FENCE = /^( *)```(\w*)[^\n]*\n/gm

/** All fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  FENCE.lastIndex = 0
  for (let match = FENCE.exec(page); match !== null; match = FENCE.exec(page)) {
    const [opening, indent = '', language = ''] = match
    const begin = match.index + opening.length
    const end = page.indexOf(`${indent}\`\`\`\n`, begin)
    const line = page.slice(0, match.index).split('\n').length
    if (end < 0) throw new Error(`the block of line ${line} has no end`)
    const note = noteAbove(page.slice(0, match.index))
    const body = page.slice(begin, end).replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    blocks.push({ language, body, begin, end, line, ...(note !== undefined && { note }) })
    FENCE.lastIndex = end + indent.length + 4
  }
  return blocks
}

/** The page with other bodies of blocks. */
export function withBodies(page: string, bodies: ReadonlyMap<Block, string>): string {
  return [...bodies]
    .sort(([one], [other]) => other.begin - one.begin)
    .reduce((text, [{ begin, end }, body]) => text.slice(0, begin) + body + text.slice(end), page)
}

/** A note may have several lines. */
function noteAbove(text: string): string | undefined {
  if (!text.endsWith('-->\n')) return undefined
  const begin = text.lastIndexOf('<!--')
  return text.slice(begin + 4, -4).trim()
}
