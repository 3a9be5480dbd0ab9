import { parse as parseScript } from 'meriyah'
import { type NestingFault, nestingFault } from '../bundle/nesting.ts'
import { LIMITS } from '../limits.ts'
import { type Node, visitAll } from './tree.ts'

/** What the parsers make of a file. */
export interface Parsed {
  tree: Node
  /** It loads other files by relative path, or has more than types of TypeScript: what ships is its bundle. */
  bundled: boolean
  /** The first place that does not fit; what could be read is in `tree` all the same. */
  fault?: { message: string; offset: number; tooDeep?: true }
}

const RELATIVE = /\b(?:require|import)\s*\(\s*['"`]\.{1,2}\//

/** Whether a tree has enums or namespaces of TypeScript, which become code. */
function hasMoreThanTypes(tree: Node, text: string): boolean {
  if (!/\b(?:enum|namespace|module)\s/.test(text)) return false
  let found = false
  visitAll(tree, ({ type, declare }) => {
    found ||= (type === 'TSEnumDeclaration' || type === 'TSModuleDeclaration') && declare !== true
  })
  return found
}

/** A file without a tree, and why. */
function unread({ message, offset }: NestingFault): Parsed {
  const tree = { type: 'Program', start: 0, end: 0, body: [] }
  return { tree, bundled: false, fault: { message, offset, tooDeep: true } }
}

/**
 * Parses an Action file by its extension. CommonJS JavaScript, which most Actions are, goes to the parser that is
 * fast at once; modules, TypeScript, and what has a syntax error go to the one that knows them, which is loaded then.
 */
export async function parseAction(file: string, text: string): Promise<Parsed> {
  if (text.length > LIMITS.sourceLength) return unread(nestingFault(text)!)
  if (/\.c?js$/.test(file)) {
    try {
      const options = {
        next: true,
        webcompat: true,
        sourceType: 'commonjs',
        ranges: { start: true },
      } as const
      return { tree: parseScript(text, options) as unknown as Node, bundled: RELATIVE.test(text) }
    } catch {
      // The other parser says what it is.
    }
  }
  const nested = nestingFault(text)
  if (nested !== undefined) return unread(nested)
  const { parseSync } = await import('oxc-parser')
  const { program, module, errors } = parseSync(file, text, {
    sourceType: 'unambiguous',
    preserveParens: false,
  })
  const fault = errors.find(({ severity }) => severity === 'Error')
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.map((entry) => entry.moduleRequest?.value ?? ''),
    ),
  ]
  return {
    tree: program as unknown as Node,
    bundled:
      RELATIVE.test(text) ||
      (/\.[cm]?ts$/.test(file) && hasMoreThanTypes(program as unknown as Node, text)) ||
      specifiers.some((specifier) => /^\.{1,2}\//.test(specifier)),
    ...(fault === undefined
      ? {}
      : { fault: { message: fault.message, offset: fault.labels[0]?.start ?? 0 } }),
  }
}
