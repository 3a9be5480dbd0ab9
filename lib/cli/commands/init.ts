import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { type BuiltAction, tryBundleActions } from '../../bundle/index.ts'
import { compileContracts, typesOf } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { ifMissing, isFile, readIfThere, withTemporaryFolder, writeAllWhole } from '../../files/index.ts'
import {
  contractFiles,
  type DescribedActions,
  describeActions,
  guessedTenant,
  IGNORED,
  type LocalFacts,
  localFactsOf,
  localYaml,
  markerOf,
  projectFiles,
  tenantYaml,
  testRunnerOf,
} from '../../init/index.ts'
import { countFindings, formatFindings, formatSummary } from '../../report/index.ts'
import { postLogin } from '../../triggers/index.ts'
import { boundTo, fillMarkers, readWorkspace, tenantFormat } from '../../workspace/index.ts'
import { checkedWorkspace } from '../checked-workspace.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { TARGET_FLAGS } from '../deploy-target.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { type InitSource, initSource } from '../init-sources.ts'
import { jsonDocument } from '../json-document.ts'
import { packageVersion } from '../package-json.ts'

const { tenant, ...target } = TARGET_FLAGS

/** `claims init`: a workspace from what is there. */
export const initCommand = defineCommand({
  name: 'init',
  summary: 'Make a workspace: from pasted Actions, an export, a tenant, or nothing',
  words: [
    {
      name: '[<folder>]',
      help: 'with Actions pasted from a dashboard, or with what a0deploy export wrote; the current folder unless told',
    },
  ],
  flags: {
    yes: { help: 'write without asking' },
    'from-tenant': { help: 'begin with a tenant, as claims pull brings it' },
    tenant: { ...tenant, with: 'from-tenant' },
    env: { ...target.env, with: 'from-tenant' },
    url: { ...target.url, with: 'from-tenant' },
    certificate: { ...target.certificate, with: 'from-tenant' },
    ...JSON_FLAG,
  },
  notes: ['Nothing that is there is overwritten. What was guessed says "Please confirm".'],
  async run(terminal, values, words) {
    const [from, other] = words
    if (other !== undefined || (from !== undefined && values['from-tenant'] === true)) {
      throw new ToolkitError('ERR_USAGE', 'a workspace begins with one thing', {
        hint: 'Name one folder, or --from-tenant, or neither: see claims init --help.',
      })
    }
    const root = terminal.cwd
    const source = await initSource(root, from, terminal, values)
    const made = await filesOf(root, source)
    const written = new Map<string, string>()
    const kept: string[] = []
    for (const [file, text] of made.files) {
      if ((await exists(join(root, file))) === false) written.set(file, text)
      else if (!source.files.has(file) || (await readIfThere(join(root, file))) !== text) kept.push(file)
    }
    const found = foundIn(source, made)
    const notes = [...source.notes, ...made.notes, ...(await inAnother(root)), ...(await notIgnored(root))]
    if (values['json'] !== true) {
      terminal.out(foundLines(found))
      const skipped = found.skipped.map(({ file, reason }) => `passed over ${file}: ${reason}`)
      for (const note of [...skipped, ...notes]) terminal.err(`note: ${note}`)
    }
    await asked(terminal, values, [...written.keys()])
    await writeAllWhole(
      [...written].map(([file, text]) => [join(root, file), text]),
      { root },
    )
    const { findings } = await checkedWorkspace(root)
    const next = nextCommands(written, made.described)
    const outcome = written.size > 0 ? 'written' : 'unchanged'
    if (values['json'] === true) {
      terminal.out(
        jsonDocument('init', {
          ...{ outcome, from: source.kind, found, written: [...written.keys()], kept, notes },
          ...{ check: countFindings(findings), next },
        }),
      )
      return EXIT.clean
    }
    for (const file of written.keys()) terminal.out(`wrote ${file}`)
    for (const file of kept) terminal.out(`kept  ${file}`)
    const errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) terminal.out(formatFindings(errors).split('\n'))
    terminal.out(`claims check: ${formatSummary(findings)}`)
    terminal.out(['', 'Next:', ...next.map((line) => `  ${line}`)])
    return EXIT.clean
  },
})

interface MadeFiles {
  files: Map<string, string>
  described: DescribedActions
  /** Actions with their triggers. */
  actions: { name: string; file: string; triggers: string[] }[]
  notes: string[]
}

/** All files of the workspace to be, whether they are there or not. */
async function filesOf(root: string, source: InitSource): Promise<MadeFiles> {
  const inPlace = source.folder === root && source.files.size === 0
  if (source.actions.length > 0)
    return withTemporaryFolder('init-', (folder) => fromActions(root, source, folder))
  if (inPlace) return fromWorkspace(root, root)
  return withTemporaryFolder('init-', async (folder) => {
    await writeInto(folder, source.files)
    const made = await fromWorkspace(root, folder)
    return { ...made, files: new Map([...source.files, ...made.files]) }
  })
}

/** From Actions that nothing names yet. */
async function fromActions(root: string, source: InitSource, folder: string): Promise<MadeFiles> {
  await writeInto(folder, source.files)
  const actions = source.actions.map(({ found, path }) => ({
    ...found,
    path,
    code: found.plain ? `./${path}` : `./dist/actions/${found.name}.js`,
    sourceFile: source.files.has(path) ? join(folder, path) : found.file,
  }))
  const described = await describedIn(actions, folder, root)
  const guessed = guessedTenant(described)
  const yaml = tenantYaml(actions, described, guessed)
  const secrets = [...new Set([...described.secrets.values()].flat())]
  const appMetadata = Object.fromEntries(
    [...described.compared].flatMap(([path, [value]]) => {
      const member = /^user\.app_metadata\.([\w-]+)$/.exec(path)?.[1]
      return member === undefined || value === undefined ? [] : [[member, value]]
    }),
  )
  const facts: LocalFacts = {
    ...guessed,
    keywords: Object.fromEntries(secrets.map((name) => [markerOf(name), 'local'])),
    secrets: {},
    appMetadata,
  }
  const login = actions.filter(({ trigger }) => trigger.id === postLogin.id).map(({ path }) => path)
  return {
    files: new Map([
      ...source.files,
      ['tenant.yaml', yaml],
      ...(await otherFiles(root, { described, facts, apis: [guessed.api], login })),
    ]),
    described,
    actions: actions.map(({ name, path, trigger }) => ({ name, file: path, triggers: [trigger.id] })),
    notes: notesOf(described),
  }
}

/** From a workspace in `folder`, which is `root` or a copy. */
async function fromWorkspace(root: string, folder: string): Promise<MadeFiles> {
  const workspace = await readWorkspace(folder)
  const { actions, keywords } = workspace
  const facts = await localFactsOf(workspace)
  const bound = new Set(Object.values(workspace.bound).flat())
  // What is bound to no trigger sets nothing; an export of Actions alone has no triggers.
  const running = actions.filter(({ name }) => bound.size === 0 || bound.has(name))
  const described = await describedIn(running, folder, folder)
  const fill = (value: unknown) =>
    String(fillMarkers(value, (key) => ({ ...facts.keywords, ...keywords })[key]))
  const apis = (workspace.tenant.resourceServers ?? [])
    .filter((api) => api['is_system'] !== true && !String(api['identifier']).endsWith('/api/v2/'))
    .map((api) => ({ name: fill(api['name']), identifier: fill(api['identifier']) }))
  const login = boundTo(workspace, postLogin).flatMap((name) => {
    const action = actions.find((one) => one.name === name)
    return action === undefined ? [] : [relativeTo(folder, action.sourceFile)]
  })
  return {
    files: new Map(await otherFiles(root, { described, facts, apis, login })),
    described,
    actions: actions.map(({ name, sourceFile, triggers }) => ({
      name,
      file: relativeTo(folder, sourceFile),
      triggers,
    })),
    notes: notesOf(described),
  }
}

type Bundled = Pick<BuiltAction, 'name' | 'sourceFile'> & { dependencies?: readonly { name: string }[] }

/** What Actions say, those that can be bundled: the check says what is wrong with the others. */
async function describedIn(
  actions: readonly Bundled[],
  folder: string,
  root: string,
): Promise<DescribedActions> {
  const sources = actions.map((action) => ({
    ...action,
    builtFile: join(folder, 'dist', 'actions', `${action.name}.js`),
  }))
  const isThere = await Promise.all(sources.map(({ sourceFile }) => isFile(sourceFile)))
  const { built } = await tryBundleActions(
    sources.filter((_, index) => isThere[index]),
    { root: folder, tolerant: true },
  )
  const found = await describeActions(built, folder)
  const shown = (file: string) => relativeTo(root, resolve(folder, file))
  if (folder === root) return found
  // Files that are in the workspace already are named from there.
  return {
    ...found,
    claims: found.claims.map((one) => ({ ...one, at: { ...one.at, file: placed(one.at.file, shown) } })),
    dropped: found.dropped.map((one) => ({ ...one, at: { ...one.at, file: placed(one.at.file, shown) } })),
    unnamed: found.unnamed.map((at) => ({ ...at, file: placed(at.file, shown) })),
  }
}

function placed(file: string, shown: (file: string) => string): string {
  return file.startsWith('..') ? shown(file) : file
}

interface OtherFacts {
  described: DescribedActions
  facts: LocalFacts
  apis: readonly { name: string; identifier: string }[]
  login: readonly string[]
}

/** Everything but tenant.yaml and the Actions. */
async function otherFiles(
  root: string,
  { described, facts, apis, login }: OtherFacts,
): Promise<[string, string][]> {
  const contracts = (await hasContracts(root)) ? new Map() : contractFiles(described.claims, apis)
  const texts = [...contracts].map(([file, text]) => ({ file, text }))
  const { contracts: compiled } = compileContracts(texts)
  const { text: local, emails } = localYaml(facts)
  const markers = Object.keys(facts.keywords)
  return [
    ['tenant.local.yaml', local],
    ...contracts,
    ...(compiled.length > 0
      ? [['schemas/claims/types.ts', await typesOf(compiled)] as [string, string]]
      : []),
    ...projectFiles({
      runner: testRunnerOf(await readIfThere(join(root, 'package.json'))),
      folder: basename(root),
      version: packageVersion(import.meta.url),
      loginActions: login,
      users: emails,
      secrets: [...new Set([...described.secrets.values()].flat())],
      packages: [...new Set([...described.packages.values()].flat())],
      markers,
    }),
  ]
}

/** What a .gitignore that is there lets through. */
async function notIgnored(root: string): Promise<string[]> {
  const text = await readIfThere(join(root, '.gitignore'))
  if (text === undefined) return []
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim().replace(/^\/|\/$/g, '')))
  const open = IGNORED.filter((name) => !lines.has(name.replace(/\/$/, '')))
  return open.length === 0 ? [] : [`.gitignore is yours, and left as it is; add to it: ${open.join(' ')}`]
}

/** A workspace in another one: commands of this folder no longer see the one above. */
async function inAnother(root: string): Promise<string[]> {
  if ((await tenantFormat(root)) !== undefined) return []
  for (let folder = dirname(root); ; folder = dirname(folder)) {
    if ((await tenantFormat(folder)) !== undefined) {
      return [
        `a folder above is a workspace already (${relativeTo(root, folder)}): from here, commands take the new one`,
      ]
    }
    if (folder === dirname(folder)) return []
  }
}

async function hasContracts(root: string): Promise<boolean> {
  const names = await readdir(join(root, 'schemas', 'claims')).catch(ifMissing<string[]>([]))
  return names.some((name) => name.endsWith('.json'))
}

function notesOf({ unnamed, dropped, modules }: DescribedActions): string[] {
  const place = ({ file, line }: { file: string; line: number }) => `${file}:${line}`
  return [
    ...(unnamed.length === 0
      ? []
      : [
          `no contract has the claims whose names are known at run time only: ${[...new Set(unnamed.map(place))].join(', ')}`,
        ]),
    ...dropped.map(({ name, at }) => `"${name}" (${place(at)}) will not arrive, and no contract has it`),
    ...[...modules]
      .filter(([, names]) => names.length > 0)
      .map(
        ([action, names]) =>
          `"${action}" loads the modules ${names.join(', ')}: add them to actionModules of tenant.yaml`,
      ),
  ]
}

function foundIn({ skipped }: InitSource, { actions, described }: MadeFiles) {
  return {
    actions: actions.map(({ name, file, triggers }) => ({
      name,
      file,
      triggers,
      claims: [...new Set(described.claims.filter(({ action }) => action === name).map((one) => one.name))],
    })),
    claims: new Set(described.claims.map(({ name }) => name)).size,
    secrets: [...new Set([...described.secrets.values()].flat())],
    packages: [...new Set([...described.packages.values()].flat())],
    skipped,
  }
}

function foundLines({ actions, claims, secrets, packages }: ReturnType<typeof foundIn>): string[] {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
  return [
    `found ${count(actions.length, 'Action')}, ${count(claims, 'claim')}, ${count(secrets.length, 'secret')}, ${count(packages.length, 'package')}`,
    ...actions.map(
      ({ name, file, triggers, claims: names }) =>
        `  ${name}  ${file}  ${triggers.join(', ') || 'no trigger'}${names.length === 0 ? '' : `  ${names.join(' ')}`}`,
    ),
  ]
}

/** The one question. */
async function asked(terminal: Terminal, values: OptionValues, files: readonly string[]): Promise<void> {
  if (values['yes'] === true || files.length === 0) return
  if (!terminal.interactive) {
    throw new ToolkitError('ERR_USAGE', `${files.length} files would be written, and --yes is not given`, {
      hint: `Nothing was written. With --yes come ${files.join(', ')}.`,
    })
  }
  terminal.err(`to be written: ${files.join(', ')}`)
  const answer = await terminal.ask(`Write ${files.length} files into this folder? Type yes: `)
  if (answer.trim().toLowerCase() === 'yes') return
  throw new ToolkitError('ERR_USAGE', 'nothing was written, as the answer was not "yes"')
}

function nextCommands(written: ReadonlyMap<string, string>, { packages }: DescribedActions): string[] {
  const needed = [...new Set([...packages.values()].flat())]
  const install = written.has('package.json')
    ? 'npm install'
    : `npm install --save-dev auth0-claims${needed.length === 0 ? '' : ` && npm install ${needed.join(' ')}`}`
  return [install, 'npx claims check', 'npx claims simulate']
}

async function exists(file: string): Promise<boolean> {
  return (await lstat(file).catch(ifMissing())) !== undefined
}

async function writeInto(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [file, text] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
}

function relativeTo(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/')
}
