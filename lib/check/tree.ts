import { parseSync } from 'oxc-parser'

/**
 * A node of the syntax tree (ESTree, with TypeScript's nodes). Loosely typed on purpose: the interpreter
 * looks at `type` and takes the fields that ESTree gives to that type.
 */
export interface Node {
  type: string
  start: number
  end: number
  // biome-ignore lint/suspicious/noExplicitAny: the fields depend on `type`, and ESTree names some ninety types.
  [field: string]: any
}

export interface Comment {
  start: number
  end: number
  value: string
}

export interface Tree {
  program: Node
  comments: Comment[]
}

export interface SyntaxFault {
  message: string
  offset: number
}

/** Parses one file; the language follows from its name. */
export function parse(file: string, text: string): Tree | SyntaxFault {
  const lang = /\.[mc]?ts$/.test(file) ? 'ts' : file.endsWith('.tsx') ? 'tsx' : 'jsx'
  const parsed = parseSync(file, text, { sourceType: 'unambiguous', lang, preserveParens: false })
  const fault = parsed.errors.find((error) => error.severity === 'Error')
  if (fault !== undefined) return { message: fault.message, offset: fault.labels[0]?.start ?? 0 }
  return { program: parsed.program as unknown as Node, comments: parsed.comments }
}

/** Turns offsets into lines and columns, both counted from 1. */
export class Lines {
  readonly #starts: number[] = [0]

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  at(offset: number): { line: number; column: number } {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 }
  }
}
