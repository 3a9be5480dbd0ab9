import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5'
import { cell, GENERATED, plain } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** What the package exports, by entry point, with the first sentence of each description. */
export function packagePage(): string {
  const entries = entryPoints()
  const program = ts.createProgram([...entries.values()], {
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
  })
  const checker = program.getTypeChecker()
  const sections = [...entries].map(([entry, file]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
    const rows = checker
      .getExportsOfModule(module)
      .map((symbol) => {
        const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
        return { name: symbol.name, kind: kindOf(own), about: firstSentence(own, checker) }
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1))
    return [
      `## ${entry}`,
      [
        '| name | | |',
        '| --- | --- | --- |',
        ...rows.map(({ name, kind, about }) => `| \`${cell(name)}\` | ${kind} | ${plain(about)} |`),
      ].join('\n'),
    ].join('\n\n')
  })
  return `${[
    '# Entry points of the package',
    GENERATED,
    'Units, errors and what is not checked stand in the descriptions that your editor shows.',
    ...sections,
  ].join('\n\n')}\n`
}

/** The source of each entry point of package.json, by what is imported. */
function entryPoints(): Map<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, unknown>
  }
  return new Map(
    Object.entries(exports).flatMap(([path, target]) => {
      const types = JSON.stringify(target).match(/"types":"\.\/dist\/([^"]*)\.d\.[cm]?ts"/)?.[1]
      return types === undefined ? [] : [[`${name}${path.slice(1)}`, join(root, `${types}.ts`)] as const]
    }),
  )
}

function kindOf({ flags }: ts.Symbol): string {
  if (flags & ts.SymbolFlags.Function) return 'function'
  if (flags & ts.SymbolFlags.Class) return 'class'
  if (flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) return 'type'
  return 'value'
}

function firstSentence(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const text = ts
    .displayPartsToString(symbol.getDocumentationComment(checker))
    .replaceAll(/\{@link ([^}]*)\}/g, '`$1`')
    .split('\n- ')[0]!
    .replaceAll(/\s+/g, ' ')
    .trim()
  return /^.*?\.(?= [A-Z]|$)/.exec(text)?.[0] ?? text
}
