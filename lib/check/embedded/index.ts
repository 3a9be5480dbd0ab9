import type { Blocks } from './block.ts'
import { fencesOf } from './markdown.ts'

export type { Block, Blocks } from './block.ts'

const CODE_FILE = /\.[cm]?[jt]sx?$/
const KINDS: readonly (readonly [name: RegExp, kind: Kind])[] = [
  [/\.(?:md|mdx|markdown)$/i, 'md'],
  [/\.(?:tf|hcl|tfvars)$/i, 'tf'],
  [/\.ya?ml$/i, 'yaml'],
  [/\.json[5c]?$/i, 'json'],
]

export type Kind = 'md' | 'tf' | 'yaml' | 'json'

/** What an Action is embedded in, in words. */
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  md: 'Markdown',
  tf: 'Terraform',
  yaml: 'YAML',
  json: 'JSON',
}

/** What a file of another language holds. */
export interface Embedded extends Blocks {
  kind: Kind
  /** Its name does not say so. */
  guessed: boolean
}

/** The code in a file that is Markdown, Terraform, YAML or JSON; `undefined` for a file of code. */
export async function blocksIn(file: string, text: string): Promise<Embedded | undefined> {
  const named = KINDS.find(([name]) => name.test(file))?.[1]
  const kind = named ?? guessed(file, text)
  if (kind === undefined) return undefined
  const blocks = await read(kind, text)
  // A guess is good when there is something in it.
  return named === undefined && blocks.actions.length === 0
    ? undefined
    : { ...blocks, kind, guessed: named === undefined }
}

async function read(kind: string, text: string): Promise<Blocks> {
  // Loaded when it is needed: most files are code.
  if (kind === 'md') return (await import('./markdown.ts')).blocksOfMarkdown(text, read)
  if (kind === 'tf') return (await import('./terraform.ts')).blocksOfTerraform(text)
  if (kind === 'yaml') return (await import('./yaml.ts')).blocksOfYaml(text)
  return (await import('./json.ts')).blocksOfJson(text)
}

/** What a file is that is named like code, or not at all: people paste what they have. */
function guessed(file: string, text: string): Kind | undefined {
  if (isFenced(text)) return 'md'
  if (CODE_FILE.test(file) && !/(?:^|\/)stdin\.ts$/.test(file)) return undefined
  const start = text.trimStart()
  if (/^[{[]\s*["{[]/.test(start) && isJson(text)) return 'json'
  if (/<<-?[A-Z_]\w*[ \t\r]*$/m.test(text) && /^[ \t]*code[ \t]*=/m.test(text)) return 'tf'
  if (/^(?:[ \t]*- )?[ \t]*[\w.-]+:[ \t]?[|>][-+\d]{0,2}[ \t\r]*$/m.test(text)) return 'yaml'
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether a text is code with the fences of Markdown around it, and not code in which fences are mentioned. */
function isFenced(text: string): boolean {
  if (!text.includes('```') && !text.includes('~~~')) return false
  const [first] = fencesOf(text)
  if (first === undefined) return false
  const before = text.slice(0, first.start)
  if (before.lastIndexOf('/*') > before.lastIndexOf('*/')) return false
  // Before the first fence stands prose, or a comment: code that ends a statement is code.
  return !/[;{}(=,]\s*$|^\s*\*|`/.test(lastLine(before))
}

function lastLine(text: string): string {
  const plain = text.trimEnd()
  return plain.slice(plain.lastIndexOf('\n') + 1)
}
