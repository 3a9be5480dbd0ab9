import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { MAX_ACTION_BYTES } from '../bundle/limits.ts'
import { bundleRules } from '../bundle/rules.ts'
import { ToolkitError } from '../errors.ts'
import { distinctFindings, type Finding, reporter, sortFindings } from '../finding.ts'
import { checkEmbedded } from './check-embedded.ts'
import { blocksIn } from './embedded/index.ts'
import { withoutIgnored } from './ignore.ts'
import { parseAction } from './parse.ts'
import { shown, textPositions } from './positions.ts'
import { type Program, programsOfSource } from './program.ts'
import { programFindings } from './program-findings.ts'
import { esmFindings, markerFindings } from './rules/bundle.ts'
import { unexportedHandler } from './rules/handler.ts'
import { allOf, tooDeep } from './too-deep.ts'

export interface CheckFilesOptions {
  /** Folder that paths in findings are relative to, absolute. */
  root: string
}

const report = reporter(bundleRules)

/**
 * Checks Action files that belong to no workspace, and the Actions in files of Markdown, Terraform, YAML or JSON: names
 * of claims, handlers, the use of `event` and `api`. A file that ships alone is read as it is written; one that loads others by relative path is bundled first. A file that
 * cannot be read as code is a finding on that file. Imports that are missing, and packages, are left outside.
 *
 * @throws ToolkitError `ERR_INPUT` for a file that cannot be read.
 */
export async function checkFiles(files: readonly string[], options: CheckFilesOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  const bundled: string[] = []
  for (const file of files) {
    const name = shown(options.root, file)
    const found = await checkText(name, await readText(file, name))
    if (found === undefined) bundled.push(file)
    else for (const finding of found) findings.push(finding)
  }
  if (bundled.length > 0) {
    for (const finding of await checkBundled(bundled, options.root)) findings.push(finding)
  }
  return sortFindings(distinctFindings(findings))
}

async function readText(file: string, name: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `"${name}" cannot be read`, {
      hint: 'Check the path.',
      file: name,
      cause,
    })
  }
}

/** The findings on a text that ships alone; `undefined` for one that loads other files. */
async function checkText(file: string, text: string): Promise<Finding[] | undefined> {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const embedded = await blocksIn(file, source)
  if (embedded !== undefined) {
    return withoutIgnored(await checkEmbedded(file, source, embedded, fileFindings), [{ file, text: source }])
  }
  const { tree, bundled, fault } = await parseAction(file, source)
  if (bundled && fault === undefined) return undefined
  const found = allOf(file, () => fileFindings(programsOfSource(file, source, tree)))
  if (fault?.tooDeep === true) {
    found.push(tooDeep(textPositions(file, source)(fault.offset), `The file is not read: ${fault.message}.`))
  }
  // A bare Rule does not parse as a program; that it is a Rule says more.
  else if (fault !== undefined && !found.some(({ rule }) => rule === 'handler/rules-style')) {
    found.push(
      report('bundle/syntax', textPositions(file, source)(fault.offset), {
        message: `The file cannot be parsed: ${fault.message}`,
        hint: 'Correct the file; the position is the first place that does not fit.',
      }),
    )
  }
  // A UTF-16 unit takes three bytes at most.
  const mayBeLarge = source.length * 3 > MAX_ACTION_BYTES && /\.[cm]?js$/.test(file)
  const bytes = mayBeLarge ? Buffer.byteLength(source) : 0
  if (bytes > MAX_ACTION_BYTES) {
    found.push(
      report(
        'bundle/too-large',
        { file, line: 1, column: 1 },
        {
          message: `The file has ${bytes} bytes; Auth0 takes ${MAX_ACTION_BYTES}.`,
          hint: 'Declare large packages as dependencies: those do not count.',
        },
      ),
    )
  }
  return withoutIgnored(found, [{ file, text: source }])
}

async function checkBundled(files: readonly string[], root: string): Promise<Finding[]> {
  // Loaded when it is needed: the bundler is a process of its own.
  const { tryBundleActions } = await import('../bundle/index.ts')
  const { bundleSources, tryPrograms } = await import('./bundles.ts')
  const actions = files.map((file) => ({
    name: shown(root, file),
    sourceFile: file,
    builtFile: path.join(root, 'dist', 'actions', `${path.basename(file)}.js`),
  }))
  const { built, findings } = await tryBundleActions(actions, { root, tolerant: true })
  const found = [...findings]
  for (const bundle of built) {
    const programs = await tryPrograms(bundle, root)
    if ('rule' in programs) found.push(programs)
    else for (const one of allOf(programs[0].file, () => fileFindings(programs))) found.push(one)
  }
  return withoutIgnored(
    found,
    built.flatMap((bundle) => bundleSources(bundle, root)),
  )
}

function* fileFindings(programs: readonly [Program, ...Program[]]): Generator<Finding> {
  yield* programFindings(programs)
  const [program] = programs
  yield* unexportedHandler(program)
  yield* esmFindings(program)
  for (const finding of markerFindings(program)) yield { ...finding, severity: 'info' }
}
