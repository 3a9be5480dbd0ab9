import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { bundleActions } from '../../bundle/index.ts'
import { readContracts } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { type Counterexample, prove } from '../../prove/index.ts'
import { createIsolatedRuntime } from '../../runtime/index.ts'
import type { RunnableAction } from '../../runtime/types.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'
import type { Command, OptionValues } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

/** `claims prove`: search for the smallest login that breaks an Action or the contract. */
export const proveCommand: Command = {
  name: 'prove',
  summary: 'Search for the smallest login that breaks an Action or the contract',
  usage: '[--runs <n>] [--seed <n>] [--save <folder>] [--json]',
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    save: { type: 'string' },
    json: { type: 'boolean' },
  },
  help: [
    ['--runs <n>', 'logins to try; 500 unless told'],
    ['--seed <n>', 'the same seed tries the same logins; 1 unless told'],
    ['--save <folder>', 'write each login found as an event, for claims simulate --event'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const runs = wholeNumber(values, 'runs', 500)
    const seed = wholeNumber(values, 'seed', 1)
    const workspace = await readWorkspace(terminal.cwd)
    const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const actions = await boundActions(workspace)
    const runtime = await createIsolatedRuntime({ network: 'refuse', resolveFrom: workspace.root })
    try {
      const proof = await prove({ workspace, actions, runtime, contracts, runs, seed })
      const saved = new Map<Counterexample, string>()
      if (typeof values['save'] === 'string') {
        const folder = resolve(terminal.cwd, values['save'])
        await mkdir(folder, { recursive: true })
        for (const [index, found] of proof.counterexamples.entries()) {
          const path = join(folder, `${found.property}-${index + 1}.json`)
          await writeFile(path, `${JSON.stringify(found.event, null, 2)}\n`)
          saved.set(found, relative(terminal.cwd, path))
        }
      }
      if (values['json'] === true) {
        terminal.out(JSON.stringify({ version: 1, command: 'prove', ...proof }))
      } else {
        for (const found of proof.counterexamples) terminal.out(storyOf(found, saved.get(found)))
        const count = proof.counterexamples.length
        terminal.out(
          count === 0
            ? `no counterexample in ${proof.runs} logins (seed ${seed})`
            : `${count} ${count === 1 ? 'property is' : 'properties are'} broken; ${proof.runs} logins (seed ${seed})`,
        )
      }
      return proof.counterexamples.length > 0 ? EXIT.findings : EXIT.clean
    } finally {
      await runtime.stop()
    }
  },
}

function storyOf({ property, message, story }: Counterexample, file: string | undefined): string {
  const [who, ...twists] = story
  return [
    `${property}: ${message}`,
    `  ${who}`,
    ...twists.map((one) => `  and ${one}`),
    ...(file === undefined ? [] : [`  replay: claims simulate --event ${file}`]),
  ].join('\n')
}

async function boundActions(workspace: Workspace): Promise<RunnableAction[]> {
  const bound = workspace.bound.flatMap((name) => workspace.actions.filter((action) => action.name === name))
  const built = await bundleActions(bound, { root: workspace.root })
  const keywords = workspace.local?.keywords ?? {}
  return bound.map((action) => {
    const { code, sourceMap } = built.find(({ name }) => name === action.name)!
    return {
      name: action.name,
      code,
      sourceMap,
      file: relative(workspace.root, action.builtFile).replaceAll('\\', '/'),
      secrets: Object.fromEntries(
        action.secrets.map(({ name, value }) => [
          name,
          value.replace(/##([A-Za-z0-9_]+)##/g, (marker, key: string) => keywords[key] ?? marker),
        ]),
      ),
      dependencies: action.dependencies.map(({ name }) => name),
    }
  })
}

function wholeNumber(values: OptionValues, name: string, otherwise: number): number {
  const value = values[name]
  if (typeof value !== 'string') return otherwise
  if (!/^\d{1,7}$/.test(value)) {
    throw new ToolkitError('ERR_USAGE', `--${name} must be a whole number`, {
      hint: `E.g. --${name} ${otherwise}.`,
    })
  }
  return Number(value)
}
