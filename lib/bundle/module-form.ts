import { Script } from 'node:vm'
import { parseSync } from 'oxc-parser'

/** How a source file offers its handlers. */
export interface ModuleForm {
  /** Imports or exports by statement. */
  esm: boolean
  /** Where its handlers are: in `export` statements, or set on `exports` (TypeScript allows both with imports). */
  handlers: 'export' | 'commonjs'
  /** Exported names; `undefined` when a `export *` hides some. */
  exports: string[] | undefined
  /** Whether it loads other files of the workspace, so that the file alone is not what ships. */
  relative: boolean
  /** Whether the file parses. Where it does not, the bundler says what is wrong. */
  parses: boolean
}

const HANDLER_NAME = /\bexports\s*\.\s*([A-Za-z_$][\w$]*)\s*=(?!=)/g
const RELATIVE_REQUIRE = /\b(?:require|import)\s*\(\s*['"`]\.{1,2}\//

/** Reads how a source is written, from its module syntax alone. */
export function moduleForm(file: string, source: string): ModuleForm {
  if (isPlainScript(file, source)) return commonJs(source, { esm: false, parses: true })
  const parsed = parseSync(file, source, { sourceType: 'unambiguous' })
  const { module } = parsed
  const esm = module.staticImports.length > 0 || module.staticExports.length > 0
  const parses = !parsed.errors.some((error) => error.severity === 'Error')
  const offered = module.staticExports.some(({ entries }) => entries.some(({ isType }) => !isType))
  if (!offered) return commonJs(source, { esm, parses })
  const names: string[] = []
  let star = false
  for (const statement of module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.isType) continue
      if (entry.exportName.kind === 'Name' && entry.exportName.name !== null)
        names.push(entry.exportName.name)
      else if (entry.exportName.kind === 'None') star = true
    }
  }
  return { esm, handlers: 'export', parses, exports: star ? undefined : [...new Set(names)], relative: true }
}

function commonJs(source: string, { esm, parses }: Pick<ModuleForm, 'esm' | 'parses'>): ModuleForm {
  const assigned = [...source.matchAll(HANDLER_NAME)].map((match) => match[1]!)
  return {
    esm,
    handlers: 'commonjs',
    parses,
    exports: [...new Set(assigned)],
    relative: esm || RELATIVE_REQUIRE.test(source),
  }
}

/**
 * Without any word of module syntax V8 can say whether a text parses: nothing runs, and no tree is made, which would
 * take a tenth of a megabyte for each of hundreds of Actions. `false` says nothing: it may be a module.
 */
function isPlainScript(file: string, source: string): boolean {
  if (!/\.c?js$/.test(file) || /\b(?:import|export)\b/.test(source)) return false
  try {
    return new Script(source, { filename: file }) !== undefined
  } catch {
    return false
  }
}
