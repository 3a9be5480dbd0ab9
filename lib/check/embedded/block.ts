import { TRIGGERS } from '../../triggers/index.ts'

/** Code that stands in another file. */
export interface Block {
  text: string
  /** Where an offset of the text stands in the file. */
  placeOf(offset: number): number
}

/** What a file of another language holds. */
export interface Blocks {
  actions: Block[]
  /** Where blocks of JavaScript begin that are no Actions. */
  others: number[]
  /** Where code is named that stands in another file. */
  named: number[]
  /** Why the file cannot be read as what its name says. */
  fault?: { message: string; offset: number }
}

const AREAS = new Set(TRIGGERS.flatMap(({ methods }) => Object.keys(methods)))
const HANDLER = /\bon(?:Execute|Continue)[A-Z]/i
const CALL = /\bapi\??\.(\w+)/g
const RULE = /\(\s?user\s?,\s?context\s?,\s?callback\b/

/** Whether code is an Action, the inside of one, or a Rule. */
export function isAction(code: string): boolean {
  return HANDLER.test(code) || callsApi(code) || RULE.test(code)
}

function callsApi(code: string): boolean {
  for (const [, area] of code.matchAll(CALL)) if (AREAS.has(area!)) return true
  return false
}

/** The file that a text names, and nothing else. */
function isFileName(text: string): boolean {
  return /^\S{1,300}\.[cm]?[jt]s$/.test(text.trim())
}

/** Takes a text with the key that it has to where it belongs. */
export function sort(blocks: Blocks, block: Block, key: string | undefined): void {
  const { text } = block
  if (isAction(text) || (key === 'code' && text.trim().includes('\n'))) blocks.actions.push(block)
  else if (key === 'code' && isFileName(text)) blocks.named.push(block.placeOf(0))
}

export function noBlocks(): Blocks {
  return { actions: [], others: [], named: [] }
}
