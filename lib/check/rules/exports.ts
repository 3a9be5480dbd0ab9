import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import type { ExportWrite, MeantHandler } from '../flow/exports.ts'
import type { Program } from '../program.ts'
import { SOURCES } from './sources.ts'

export const exportRules = {
  'handler/exported-twice': {
    severity: 'warning',
    evidence: 'standard',
    source: 'https://nodejs.org/api/modules.html#moduleexports',
    summary: 'A handler is exported once.',
    why: 'The later export takes the place of the earlier one, which never runs.',
    example: {
      before:
        'exports.onExecutePostLogin = async (event, api) => {}; exports.onExecutePostLogin = async (event, api) => { return }',
      after: 'exports.onExecutePostLogin = async (event, api) => { return }',
    },
  },
  'handler/hidden': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.loader,
    summary: 'The handler of an Action is exported under its name.',
    why: 'Auth0 looks for one name on the object module.exports. It finds no handler that is misspelt, that is exported in place of the object or as the default, or that is put on an object that exports nothing.',
    example: {
      before: 'exports.onExcutePostLogin = async (event, api) => {}',
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
} as const satisfies RuleTable

const report = reporter(exportRules)

/** Handlers that Auth0 does not find, and those that another one takes the place of. */
export function* exportFindings({ walked, file, positionAt }: Program): Generator<Finding> {
  // What a bundler has put around the file has no place in it.
  const placeOf = ({ value, offset }: Pick<ExportWrite, 'value' | 'offset'>) => {
    const at = positionAt(offset)
    return at.file === file || value.kind !== 'function' ? at : positionAt(value.node.start)
  }
  const { meant, exportWrites, exports } = walked
  if (meant !== undefined) yield report('handler/hidden', placeOf(meant), hidden(meant))
  const last = new Map<string, ExportWrite>()
  for (const write of exportWrites) {
    const { name, value, conditional, lost } = write
    if (!/^on(?:Execute|Continue)[A-Z]/.test(name) || value.kind !== 'function') continue
    if (lost && name !== meant?.name && !exports.has(name)) {
      yield report('handler/hidden', placeOf(write), lostHandler(name))
    }
    const earlier = last.get(name)
    if (earlier?.value.kind === 'function' && earlier.value.node !== value.node && !conditional) {
      yield report('handler/exported-twice', placeOf(earlier), {
        message: `"${name}" is exported again in line ${placeOf(write).line}: this one never runs.`,
        hint: 'Make one handler of both.',
      })
    }
    last.set(name, write)
  }
  for (const [name, write] of last) {
    const { conditional, lost } = write
    if (!conditional || lost || exportWrites.some((one) => one.name === name && !one.conditional)) continue
    yield report('handler/hidden', placeOf(write), {
      severity: 'warning',
      message: `"${name}" is exported on a condition: where it does not hold, Auth0 has nothing to run.`,
      hint: 'Export it at the top of the file, and ask for the condition in the handler.',
    })
  }
}

function hidden({ name, as }: MeantHandler) {
  if (as === 'lost') return lostHandler(name)
  if (as === 'whole') {
    return {
      message: `module.exports is a function, not an object with "${name}": Auth0 has nothing to run.`,
      hint: `Write: exports.${name} = async (event, api) => { … }`,
    }
  }
  if (as === 'default') {
    return {
      message: `The handler is the default export; Auth0 looks for "${name}" and has nothing to run.`,
      hint: `Write: export const ${name} = async (event, api) => { … }`,
    }
  }
  return {
    message: `"${as.name}" is no handler of Auth0: nothing calls it.`,
    hint: /^on/i.test(as.name) ? `Did you mean ${name}?` : `The name of the handler is ${name}.`,
  }
}

function lostHandler(name: string) {
  return {
    message: `"${name}" is put on an object that is not exported: Auth0 has nothing to run.`,
    hint: `Write: module.exports = { ${name}, … }, or exports.${name} = … alone. "exports" is only a name for the first module.exports.`,
  }
}
