import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parseSync } from 'oxc-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../../../lib/cli/command-table.ts'
import { typesCommand } from '../../../lib/cli/commands/types.ts'
import { parseLine } from '../../../lib/cli/flags.ts'
import { type Block, blocksOf } from '../../../scripts/docs/blocks.ts'
import { userPages } from '../../../scripts/docs/page-files.ts'
import { type KeptFolder, keptExampleWorkspace } from '../../helpers/example-workspace.ts'
import { recordedTerminal } from '../../helpers/terminal.ts'

const root = join(import.meta.dirname, '../../..')
const pages = await userPages()
const blocks = pages.flatMap((page) =>
  blocksOf(readFileSync(join(root, page), 'utf8')).map((block) => ({
    ...block,
    page,
    place: `${page}:${block.line}`,
  })),
)
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language))

it('every block says what it is, and a text is what a program has printed', () => {
  const known = ['console', 'diff', 'js', 'json', 'sh', 'text', 'ts', 'yaml']
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ place }) => place)).toEqual([])
  const written = of('text').filter(
    ({ note, page }) => !page.includes('/reference/') && !note?.startsWith('output: '),
  )
  expect(written.map(({ place }) => place)).toEqual([])
})

it.each(of('json', 'yaml'))(
  '$place can be read, and is what its schema wants',
  ({ language, body, note }) => {
    const value = language === 'json' ? JSON.parse(body) : parse(body)
    const schema = /^schema: (\S+)$/.exec(note ?? '')?.[1]
    if (schema === undefined) return
    const ajv = new Ajv2020({ strict: false })
    const valid = ajv.validate(JSON.parse(readFileSync(join(root, 'schemas', schema), 'utf8')), value)
    expect(ajv.errors ?? []).toEqual([])
    expect(valid).toBe(true)
  },
)

// The examples of rules show what is wrong on purpose.
it.each(of('js').filter(({ page }) => page !== 'docs/reference/rules.md'))(
  '$place is JavaScript',
  ({ body }) => {
    expect(parseSync('block.js', body, { sourceType: 'unambiguous' }).errors).toEqual([])
  },
)

it('every claims command that a page shows exists, with its flags', async () => {
  const wrong: string[] = []
  for (const { place, command } of blocks.flatMap(commandsOf)) {
    const [name = '', ...args] = command
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name as keyof typeof COMMANDS] : undefined
    if (load === undefined) {
      if (name !== '--help') wrong.push(`${place}: no command ${name}`)
      continue
    }
    const line = parseLine(args, { ...(await load()), name })
    if ('message' in line) wrong.push(`${place}: ${line.message}`)
  }
  expect(wrong).toEqual([])
})

it('every script of npm that a page shows exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const texts = [...pages, 'CONTRIBUTING.md'].map((page) => readFileSync(join(root, page), 'utf8'))
  const named = texts.flatMap((text) => [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!))
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
})

describe('TypeScript', () => {
  let workspace: KeptFolder
  let faults: string

  /** The blocks of the workspace's user: each is a module in a copy of the example workspace. */
  beforeAll(async () => {
    workspace = await keptExampleWorkspace()
    const { path } = workspace
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
    expect(await typesCommand.run(recordedTerminal({ cwd: path }), { validators: true }, [])).toBe(0)
    await writeFile(join(path, 'package.json'), '{ "type": "module" }')
    const lib = (name: string) => [join(root, 'lib', name)]
    await writeFile(
      join(path, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          rootDir: '/',
          // Most users do not set it.
          exactOptionalPropertyTypes: false,
          noUnusedLocals: false,
          noUnusedParameters: false,
          types: ['node', 'vitest/globals'],
          typeRoots: [join(root, 'node_modules/@types'), join(root, 'node_modules')],
          paths: {
            'auth0-claims': lib('index.ts'),
            'auth0-claims/action': lib('action/index.ts'),
            'auth0-claims/contract': lib('contract/index.ts'),
            'auth0-claims/pkce': lib('oauth/index.ts'),
            'auth0-claims/tenant': lib('tenant/index.ts'),
            'auth0-claims/testing': lib('testing.ts'),
            'auth0-claims/verify': lib('verify/index.ts'),
            'auth0-claims/verify/*': lib('verify/*.ts'),
            'auth0-claims-verify': lib('verify/index.ts'),
            'auth0-claims-verify/testing': lib('verify/node-testing.ts'),
            'auth0-claims-verify/*': lib('verify/*.ts'),
          },
        },
        include: ['**/*.ts'],
        exclude: ['node_modules'],
      }),
    )
    for (const [index, block] of of('ts').entries()) {
      const file = join(path, moduleOf(block, index))
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, `${given(block)}${block.body}\nexport {}\n`)
    }
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const checked = await promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      path,
      '--noEmit',
      '--pretty',
      'false',
    ]).catch((error: { stdout: string }) => error)
    faults = checked.stdout
  })
  afterAll(() => workspace.remove())

  it.each(of('ts').map((block, index) => ({ ...block, index })))('$place compiles', ({ index, ...block }) => {
    const own = faults.split('\n').filter((line) => line.includes(moduleOf(block, index).split('/').at(-1)!))
    expect(own).toEqual([])
  })

  it('nothing beside the blocks is at fault', () => {
    expect(
      faults.split('\n').filter((line) => line !== '' && !line.includes('block-') && !line.startsWith(' ')),
    ).toEqual([])
  })
})

/** Beside what it imports: where its note or its first line says, else at the top of the workspace. */
function moduleOf({ body, note }: Block, index: number): string {
  const file = /^at: (\S+)/m.exec(note ?? '')?.[1] ?? /^\/\/ ([\w./-]+\.ts)\b/.exec(body)?.[1] ?? ''
  return join(dirname(file), `block-${index}.ts`)
}

/** What a block takes from the text around it, as its note says. */
function given({ note }: Block): string {
  return /^given:\n([\s\S]*)$/m.exec(note ?? '')?.[1]?.concat('\n') ?? ''
}

/** The words after `claims` of each command line in a block. */
function commandsOf({
  language,
  body,
  place,
}: Block & { place: string }): { place: string; command: string[] }[] {
  if (language !== 'sh' && language !== 'console') return []
  const lines = language === 'sh' ? body : (body.match(/^\$ .*$/gm) ?? []).join('\n')
  return lines.split('\n').flatMap((line) => {
    const [, rest] = /npx (?:--package auth0-claims )?claims ([^|)]*)/.exec(line.replace(/ #.*/, '')) ?? []
    if (rest === undefined) return []
    return [{ place, command: (rest.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', '')) }]
  })
}
