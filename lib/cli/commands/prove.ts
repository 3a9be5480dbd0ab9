import { readdir, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { quietCause, ToolkitError } from '../../errors.ts'
import { readIfThere, readText, writeWhole } from '../../files/index.ts'
import {
  type Counterexample,
  type Coverage,
  type Fixture,
  fixtureOf,
  isFixture,
  prove,
  replay,
} from '../../prove/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { assertEventText } from '../bounded-json.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { withProver } from '../prove-workspace.ts'
import { storyLines } from '../story-lines.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** `claims prove`: search for the smallest login that breaks an Action or the contract. */
export const proveCommand = defineCommand({
  name: 'prove',
  summary: 'Search for the smallest login that breaks an Action or the contract',
  flags: {
    runs: { value: '<n>', help: 'logins to try; 1000 unless told' },
    seed: { value: '<n>', help: 'the same seed tries the same logins; 1 unless told' },
    login: { value: '<n>', help: 'try only this one of them, alone and after others' },
    seconds: { value: '<n>', help: 'end after so much time, and say how far the search came' },
    save: { value: '<folder>', help: 'write each login found to a file, for --replay' },
    replay: {
      value: '<path>',
      help: 'do not search: run logins that were saved, and say which still break something',
    },
    node: {
      value: '<program>',
      help: 'run the Actions on this Node; unless told, on the one they are deployed to, if it is here',
    },
    ...JSON_FLAG,
  },
  async run(terminal, values) {
    refuseBeside(values, 'replay', ['runs', 'seed', 'login', 'seconds', 'save'])
    const runs = wholeNumber(values, 'runs', 1000)
    const seed = wholeNumber(values, 'seed', 1)
    const login = values['login'] === undefined ? {} : { login: wholeNumber(values, 'login', 1) }
    const seconds = values['seconds'] === undefined ? undefined : wholeNumber(values, 'seconds', 60)
    if (login.login !== undefined && login.login > runs) {
      throw new ToolkitError('ERR_USAGE', `there is no login ${login.login}: the search has ${runs}`, {
        hint: `Give the --runs of the search that named it, or a number from 1 to ${runs}.`,
      })
    }
    const fixtures =
      typeof values['replay'] === 'string' ? await readFixtures(terminal, values['replay']) : []
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const json = values['json'] === true
    return withProver(workspace, values['node'], async (prover) => {
      if (typeof values['replay'] === 'string') {
        const results = await replay(prover, fixtures)
        return showReplay(terminal, results, json)
      }
      const proof = await prove({
        ...prover,
        runs,
        seed,
        ...login,
        ...(seconds !== undefined && { milliseconds: seconds * 1000 }),
      })
      const saved =
        typeof values['save'] === 'string'
          ? await saveFixtures(terminal, values['save'], proof.counterexamples)
          : new Map<Counterexample, string>()
      if (json) {
        terminal.out(jsonDocument('prove', { ...proof }))
      } else {
        for (const found of proof.counterexamples) {
          const again =
            saved.get(found) === undefined
              ? `--seed ${seed}${runs === 1000 ? '' : ` --runs ${runs}`} --login ${found.login}`
              : `--replay ${saved.get(found)}`
          terminal.out([...storyLines(found), `  replay: claims prove ${again}`])
        }
        const count = proof.counterexamples.length
        const logins = `${proof.runs} ${proof.runs === 1 ? 'login' : 'logins'} (seed ${seed})`
        terminal.out(
          count === 0
            ? `no counterexample in ${logins}`
            : `${count} ${count === 1 ? 'property is' : 'properties are'} broken; ${logins}`,
        )
        if (proof.stopped === true) terminal.out('The search ended early, since an Action did not end.')
        if (proof.outOfTime === true) {
          const left = runs - proof.runs
          terminal.out(
            `The search ended after ${seconds} s, before the last ${left} of its ${runs} logins: give it more --seconds, or look at what it did not reach.`,
          )
        }
        terminal.out(coverageLines(proof.coverage))
        if (proof.leftOut !== undefined) {
          const { members, texts } = proof.leftOut
          terminal.out(
            `not tried, since the Actions have so many: ${members} ${members === 1 ? 'name of a member' : 'names of members'} and ${texts} ${texts === 1 ? 'text' : 'texts'}, those of packages before their own`,
          )
        }
      }
      return proof.counterexamples.length > 0 ? EXIT.findings : EXIT.clean
    })
  },
})

function coverageLines({ branches, reached, missed }: Coverage): string[] {
  const share = branches === 0 ? 100 : Math.floor((reached * 100) / branches)
  const head = `branches of the Actions that these logins reached: ${reached} of ${branches} (${share} %)`
  const lines = new Set(missed.map(({ file, line, column }) => `  not reached: ${file}:${line}:${column}`))
  return [head, ...lines]
}

async function saveFixtures(
  terminal: Terminal,
  name: string,
  counterexamples: readonly Counterexample[],
): Promise<Map<Counterexample, string>> {
  const folder = resolve(terminal.cwd, name)
  const saved = new Map<Counterexample, string>()
  for (const [index, found] of counterexamples.entries()) {
    const text = `${JSON.stringify(fixtureOf(found), null, 2)}\n`
    const path = await freePlace(folder, `${found.property}-`, index + 1, text)
    await writeWhole(path, text, { root: terminal.cwd })
    saved.set(found, relative(terminal.cwd, path))
  }
  return saved
}

/** The first number whose file does not exist or holds this very login: other saved logins stay. */
async function freePlace(folder: string, name: string, from: number, text: string): Promise<string> {
  for (let number = from; ; number++) {
    const path = join(folder, `${name}${number}.json`)
    const there = await readIfThere(path)
    if (there === undefined || there === text) return path
  }
}

interface NamedFixture extends Fixture {
  path: string
}

async function readFixtures(terminal: Terminal, name: string): Promise<NamedFixture[]> {
  const path = resolve(terminal.cwd, name)
  const stats = await stat(path).catch((cause: unknown) => {
    throw new ToolkitError('ERR_INPUT', `"${name}" cannot be read`, {
      cause,
      hint: 'Name a file or folder that claims prove --save wrote.',
    })
  })
  const files = stats.isDirectory()
    ? (await readdir(path))
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => join(path, file))
    : [path]
  if (files.length === 0) {
    throw new ToolkitError('ERR_INPUT', `there is no saved login in "${name}"`, {
      hint: 'Save some: claims prove --save <folder>.',
    })
  }
  return Promise.all(
    files.map(async (file) => {
      const shown = relative(terminal.cwd, file)
      let fixture: unknown
      try {
        const text = await readText(file)
        assertEventText(text, { file: shown })
        fixture = JSON.parse(text)
      } catch (cause) {
        if (cause instanceof ToolkitError) throw cause
        throw new ToolkitError('ERR_INPUT', `"${shown}" is not a readable JSON file`, {
          file: shown,
          hint: 'Save it again: claims prove --save <folder>.',
          ...quietCause(cause),
        })
      }
      if (!isFixture(fixture)) {
        throw new ToolkitError('ERR_INPUT', `"${shown}" is not a login that claims prove saved`, {
          file: shown,
          hint: 'Save it again: claims prove --save <folder>.',
        })
      }
      return { ...fixture, path: shown }
    }),
  )
}

function showReplay(
  terminal: Terminal,
  results: readonly { fixture: NamedFixture; found: Fixture | undefined }[],
  json: boolean,
): number {
  const broken = results.filter(({ found }) => found !== undefined)
  if (json) {
    terminal.out(
      jsonDocument('prove', {
        replayed: results.map(({ fixture, found }) => ({
          file: fixture.path,
          property: fixture.property,
          broken: found !== undefined,
          ...(found !== undefined && { message: found.message, at: found.at }),
        })),
      }),
    )
  } else {
    for (const { fixture, found } of results) {
      if (found === undefined) terminal.out(`${fixture.path}: ${fixture.property} holds`)
      else terminal.out([`${fixture.path}:`, ...storyLines({ ...found, story: fixture.story })])
    }
    terminal.out(`${broken.length} of ${results.length} saved logins still break a property`)
  }
  return broken.length > 0 ? EXIT.findings : EXIT.clean
}

/** The least value of a number. */
const LEAST: Readonly<Record<string, number>> = { seed: 0 }

function wholeNumber(values: OptionValues, name: string, otherwise: number): number {
  const value = values[name]
  if (typeof value !== 'string') return otherwise
  const least = LEAST[name] ?? 1
  if (!/^\d{1,7}$/.test(value) || Number(value) < least) {
    throw new ToolkitError(
      'ERR_USAGE',
      `--${name} must be a whole number from ${least}, with up to 7 digits`,
      {
        hint: `E.g. --${name} ${otherwise}.`,
      },
    )
  }
  return Number(value)
}

/** Flags that one other makes meaningless: whoever gives both expects something. */
function refuseBeside(values: OptionValues, flag: string, others: readonly string[]): void {
  const other = values[flag] === undefined ? undefined : others.find((name) => values[name] !== undefined)
  if (other === undefined) return
  throw new ToolkitError('ERR_USAGE', `--${other} means nothing beside --${flag}`, {
    hint: `Leave one of them out: --${flag} runs what was saved, as it is.`,
  })
}
