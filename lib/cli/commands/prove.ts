import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { readContracts } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { type Counterexample, prove } from '../../prove/index.ts'
import { createIsolatedRuntime } from '../../runtime/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { boundActions } from '../bound-actions.ts'
import type { Command, OptionValues } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { nodeChoice } from '../node-choice.ts'

/** `claims prove`: search for the smallest login that breaks an Action or the contract. */
export const proveCommand: Command = {
  name: 'prove',
  summary: 'Search for the smallest login that breaks an Action or the contract',
  usage: '[--runs <n>] [--seed <n>] [--save <folder>] [--node <program>] [--json]',
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    save: { type: 'string' },
    node: { type: 'string' },
    json: { type: 'boolean' },
  },
  help: [
    ['--runs <n>', 'logins to try; 500 unless told'],
    ['--seed <n>', 'the same seed tries the same logins; 1 unless told'],
    ['--save <folder>', 'write each login found as an event, for claims simulate --event'],
    [
      '--node <program>',
      'run the Actions on this Node; unless told, on the one they are deployed to, if it is here',
    ],
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
    const runtime = await createIsolatedRuntime({
      network: 'refuse',
      resolveFrom: workspace.root,
      ...nodeChoice(workspace, values['node']),
    })
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

export function storyOf({ property, message, story }: Counterexample, file: string | undefined): string {
  const [who, ...twists] = story
  return [
    `${property}: ${message}`,
    `  ${who}`,
    ...twists.map((one) => `  and ${one}`),
    ...(file === undefined ? [] : [`  replay: claims simulate --event ${file}`]),
  ].join('\n')
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
