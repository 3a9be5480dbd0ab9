import { builtinModules as builtin } from 'node:module'
import path from 'node:path'
import type { Message } from 'esbuild'
import { type Finding, reporter } from '../finding.ts'
import { MAX_ACTION_BYTES } from './limits.ts'
import { packageName } from './package-name.ts'
import { bundleRules } from './rules.ts'
import type { ActionSource, BuiltAction, BundleOptions } from './types.ts'

const BUILTIN: ReadonlySet<string> = new Set(builtin)
const report = reporter(bundleRules)

/** The finding for an error of esbuild. */
export function errorFinding(error: Message, action: ActionSource, { root }: BundleOptions): Finding {
  const { location } = error
  const unresolved = /^Could not resolve "([^"]+)"/.exec(error.text)
  const at = {
    file: location === null ? path.relative(root, action.sourceFile) : relativeFile(root, location.file),
    line: location?.line ?? 1,
    column: (location?.column ?? 0) + 1,
  }
  return report(unresolved === null ? 'bundle/syntax' : 'bundle/unresolved', at, {
    message: `Action "${action.name}" cannot be bundled: ${error.text}`,
    hint:
      unresolved === null
        ? 'Correct the file; the position is the first place that does not fit.'
        : /^[./]/.test(unresolved[1]!)
          ? 'The path is relative to the file that imports it.'
          : `Declare "${unresolved[1]}" under the Action's dependencies in tenant.yaml, or install it to bundle it.`,
  })
}

/** What is wrong with a bundle that could be made: too large, or requires what tenant.yaml does not declare. */
export function* checkBundle(
  action: BuiltAction,
  dependencies: readonly { name: string }[],
  { root, tolerant }: BundleOptions,
): Generator<Finding> {
  const at = { file: relativeFile(root, action.sourceFile), line: 1, column: 1 }
  if (action.bytes > MAX_ACTION_BYTES) {
    yield report('bundle/too-large', at, {
      message: `The bundle of "${action.name}" has ${action.bytes} bytes; Auth0 takes ${MAX_ACTION_BYTES}.`,
      hint: 'Declare large packages under the dependencies in tenant.yaml: those do not count.',
    })
  }
  if (tolerant === true) return
  for (const required of action.requires) {
    if (required.startsWith('actions:') || isNodeModule(required)) continue
    const name = packageName(required)
    if (dependencies.some((dependency) => dependency.name === name)) continue
    yield report('bundle/undeclared-dependency', at, {
      message: `"${action.name}" requires "${name}", which tenant.yaml does not declare for it.`,
      hint: `Add "${name}" with a version to the Action's dependencies.`,
    })
  }
}

function isNodeModule(name: string): boolean {
  return name.startsWith('node:') || BUILTIN.has(name)
}

/** A file as esbuild or a workspace names it, relative to the workspace. */
export function relativeFile(root: string, file: string): string {
  return path
    .relative(root, path.resolve(root, file.replace(/^[a-z-]+:/, '')))
    .split(path.sep)
    .join('/')
}
