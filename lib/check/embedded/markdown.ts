import { parseAction } from '../parse.ts'
import { type Block, type Blocks, isAction, noBlocks } from './block.ts'
import { excerptOf, indentOf, type Line, linesOf, withoutIndent } from './excerpt.ts'

const FENCE = /^[ \t>]*(`{3,}|~{3,})([^\r\n]*)/
const CODE = new Set(['js', 'javascript', 'mjs', 'cjs', 'jsx', 'ts', 'typescript', 'tsx', 'node', 'nodejs'])
/** Languages in which Actions are embedded in their turn. */
const OTHERS: Readonly<Record<string, string>> = {
  hcl: 'tf',
  terraform: 'tf',
  tf: 'tf',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
}

/** Actions in the fences of a Markdown file. `inner`: reads a fence of another language. */
export async function blocksOfMarkdown(
  source: string,
  inner: (language: string, text: string) => Promise<Blocks | undefined>,
): Promise<Blocks> {
  const blocks = noBlocks()
  for (const { language, lines } of fencesOf(source)) {
    const excerpt = excerptOf(source, lines)
    const { text } = excerpt
    const placeOf = (offset: number) => excerpt.placeOf(offset)
    if (Object.hasOwn(OTHERS, language)) {
      const inside = await inner(OTHERS[language]!, text)
      for (const block of inside?.actions ?? []) blocks.actions.push(moved(block, placeOf))
    } else if (CODE.has(language)) {
      if (isAction(text)) blocks.actions.push({ text, placeOf })
      else blocks.others.push(placeOf(0))
    } else if (isAction(text) && (language === '' || isHandler(text))) {
      // A shell session or a list of files may name a handler: what says of itself that it is code is judged as code.
      if (await isProgram(text)) blocks.actions.push({ text, placeOf })
      else if (language === '') blocks.others.push(placeOf(0))
    }
  }
  return blocks
}

/** In a fence of any language: nobody but an Action exports such a name. */
function isHandler(text: string): boolean {
  return /\bexports\.on(?:Execute|Continue)[A-Z]/.test(text)
}

/** Whether a text is JavaScript as it stands, or as the inside of a function. */
async function isProgram(text: string): Promise<boolean> {
  for (const code of [text, `async () => {\n${text}\n}`]) {
    if ((await parseAction('fence.ts', code)).fault === undefined) return true
  }
  return false
}

function moved(block: Block, placeOf: (offset: number) => number): Block {
  return { text: block.text, placeOf: (offset) => placeOf(block.placeOf(offset)) }
}

interface Fence {
  language: string
  /** Where the line of the opening fence begins. */
  start: number
  lines: Line[]
}

/** The fences of a text; one that nobody closes goes to the end. */
export function fencesOf(source: string): Fence[] {
  const fences: Fence[] = []
  let open: { mark: string; fence: Fence; indent: number; quoted: boolean } | undefined
  for (const line of linesOf(source)) {
    const found = FENCE.exec(source.slice(line[0], line[1]))
    const mark = found?.[1] ?? ''
    if (open === undefined) {
      if (found === null || (mark[0] === '`' && found[2]!.includes('`'))) continue
      const [language = ''] = /^[a-z]*/i.exec(found[2]!.trim().replace(/^\{?\s?\.?/, '')) ?? []
      open = {
        mark,
        fence: { language: language.toLowerCase(), start: line[0], lines: [] },
        indent: indentOf(source, line),
        quoted: source.slice(line[0], line[1]).trimStart().startsWith('>'),
      }
    } else if (found !== null && mark.startsWith(open.mark) && found[2]!.trim() === '') {
      fences.push(open.fence)
      open = undefined
    } else {
      const { fence, indent, quoted } = open
      const plain = quoted ? afterMark(source, line) : line
      fence.lines.push(...withoutIndent(source, [plain], indent))
    }
  }
  if (open !== undefined) fences.push(open.fence)
  return fences
}

/** A line of a quotation, without its mark. */
function afterMark(source: string, [start, end]: Line): Line {
  const mark = source.indexOf('>', start)
  if (mark === -1 || mark >= end || source.slice(start, mark).trim() !== '') return [start, end]
  return [source[mark + 1] === ' ' ? mark + 2 : mark + 1, end]
}
