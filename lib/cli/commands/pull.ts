import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Pulled,
  pullTenant,
  readJournals,
  type SourceConflict,
  workspaceIn,
} from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { ifMissing, readOutput, writeNew } from '../../files/index.ts'
import { localFactsOf, localYaml } from '../../init/index.ts'
import { readWorkspace, tenantFormat } from '../../workspace/index.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { type DeployTarget, TARGET_FLAGS } from '../deploy-target.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { cutOffIn, cutOffText, withTenantToRead } from '../masked.ts'
import { finishPull, writePulled } from '../pulled-files.ts'
import { lockedInWorkspace } from '../workspace-lock.ts'

/** Added to the name of a source that makes way for pulled code. */
const ASIDE = '.before-pull'

const unlocked = defineCommand({
  name: 'pull',
  summary: 'Export a tenant into this folder as a workspace',
  flags: {
    ...TARGET_FLAGS,
    overwrite: {
      help: 'bring what differs into files that are there; without it nothing is written. In tenant.yaml comments, order and markers stay where the value is the same',
    },
    full: {
      help: 'bring what tenant.yaml leaves out as well: settings that a tenant always has, and members of entries',
    },
    'replace-sources': {
      help: `where the tenant has other code than a TypeScript or module source gives: keep the source as <file>${ASIDE}, and write the tenant's JavaScript in its place; without it nothing is written`,
    },
    ...JSON_FLAG,
  },
  notes: ['Where there is no tenant.local.yaml, one is made, with users for each role and organization.'],
  async run(terminal, values) {
    await refuseDirectoryFormat(terminal.cwd)
    const finished = await finishPull(terminal.cwd)
    if (finished.length > 0)
      terminal.err(`note: a pull was cut off here, and is finished now: ${finished.join(', ')}`)
    const workspace = await workspaceIn(terminal.cwd)
    return withTenantToRead(terminal, values, workspace, async (target, shown) => {
      const { access, keywords, config } = target
      await tellCutOff(terminal.cwd, target, shown)
      const full = values['full'] === true
      const pulled = await pullTenant({ ...access, root: terminal.cwd, keywords, config, full })
      const named = (type: string) => workspace?.tenant[type] !== undefined
      const exit = await written(shown, values, pulled, access.domain)
      // What the workspace has and the tenant does not let be read is not what the tenant has.
      const missing = pulled.notPulled.some(({ type, refused }) => refused && named(type))
      return missing && exit === EXIT.clean ? EXIT.findings : exit
    })
  },
})

/** `claims pull`: a tenant as the files of a workspace. */
export const pullCommand = lockedInWorkspace(unlocked, async ({ cwd }) => cwd)

/** Says which deploys from here were cut off: a pull would bring what they left half done. */
async function tellCutOff(
  root: string,
  { access: { domain }, markers }: Pick<DeployTarget, 'access' | 'markers'>,
  terminal: Terminal,
): Promise<void> {
  const journals = await readJournals(root, domain, markers).catch((error: unknown) => {
    if (!(error instanceof ToolkitError)) throw error
    terminal.err(`note: ${error.message}: whether a deploy was cut off is not known`)
    return []
  })
  const cutOff = cutOffIn(journals)
  for (const journal of cutOff) terminal.err(cutOffText(journal))
  if (cutOff.length > 0)
    terminal.err('note: what is pulled now is what it left: do one or the other, and pull again')
}

/** A tenant.yaml beside the files of the directory format would hide them. */
async function refuseDirectoryFormat(folder: string): Promise<void> {
  if ((await tenantFormat(folder)) !== 'directory') return
  throw new ToolkitError(
    'ERR_USAGE',
    "this workspace is in the deploy CLI's directory format, and claims pull writes tenant.yaml",
    { hint: 'Pull into an empty folder, or bring the files with a0deploy export --format directory.' },
  )
}

/** Writes what was pulled, and says what was not. */
async function written(
  terminal: Terminal,
  values: OptionValues,
  pulled: Pulled,
  domain: string,
): Promise<number> {
  const { files, conflicts, notPulled } = pulled
  const { markers, leftOut, leftAlone, stale, drafts } = pulled
  const print = (outcome: string, written: readonly string[]) => {
    const rest = { written, markers, leftOut, leftAlone, notPulled, drafts, stale, sources: conflicts }
    terminal.out(jsonDocument('pull', { outcome, domain, ...rest }))
  }
  if (conflicts.length > 0 && values['replace-sources'] !== true) {
    if (values['json'] === true) print('differs', [])
    for (const conflict of conflicts) terminal.err(conflictText(conflict))
    terminal.err(
      'nothing was written: bring the change into the source yourself, or let claims deploy --overwrite send what the source gives, or use --replace-sources (claims pull --help)',
    )
    return EXIT.findings
  }
  const replaced = new Set(conflicts.map(({ source }) => source))
  const write: string[] = []
  const differ: string[] = []
  for (const [file, content] of files) {
    const current = await readOutput(join(terminal.cwd, file), file)
    if (current === content) continue
    write.push(file)
    if (current !== undefined && !replaced.has(file)) differ.push(file)
  }
  if (differ.length > 0 && values['overwrite'] !== true) {
    throw new ToolkitError('ERR_USAGE', `these files are there and differ: ${differ.join(', ')}`, {
      hint: 'Nothing was written. Commit them, then use --overwrite and look at the difference.',
    })
  }
  const aside = await setAside(terminal.cwd, conflicts)
  const texts: (readonly [file: string, text: string])[] = [
    ...aside,
    ...write.map((file) => [file, files.get(file)!] as const),
  ]
  const removed = conflicts.map(({ source }) => source).filter((source) => !files.has(source))
  await writePulled(terminal.cwd, texts, removed)
  const local = await localSkeleton(terminal.cwd)
  if (local !== undefined) texts.push(local)
  if (values['json'] === true) {
    print(
      texts.length === 0 ? 'unchanged' : 'written',
      texts.map(([file]) => file),
    )
    return EXIT.clean
  }
  for (const [file] of texts) terminal.out(`wrote ${file}`)
  if (texts.length === 0) terminal.out('nothing to write: the files are as the tenant')
  for (const note of notesOf(pulled)) terminal.err(`note: ${note}`)
  if (write.some((file) => /\.(?:js|html)$/.test(file)))
    terminal.err('note: code and pages come as they are; claims check warns of secrets that stand in code')
  return EXIT.clean
}

/** A tenant.local.yaml where there is none: users for each role and organization, and places for values. */
async function localSkeleton(root: string): Promise<readonly [file: string, text: string] | undefined> {
  const file = 'tenant.local.yaml'
  if ((await lstat(join(root, file)).catch(ifMissing())) !== undefined) return undefined
  const { text } = localYaml(await localFactsOf(await readWorkspace(root)))
  return (await writeNew(join(root, file), text, { root })) ? [file, text] : undefined
}

function notesOf({ markers, stale, drafts, leftOut, leftAlone, notPulled }: Pulled): string[] {
  const notes: string[] = []
  if (markers.length > 0) {
    notes.push(
      `give values to ${markers.join(', ')}: Auth0 does not show secrets, and what may be one is not written`,
    )
  }
  for (const name of stale) notes.push(`the tenant has another value than ${name} has here`)
  for (const { action, deployed } of drafts) {
    notes.push(
      deployed
        ? `"${action}" is a draft: what is deployed is older, and the draft was pulled with deployed: false`
        : `"${action}" is a draft that was never deployed: it was pulled with deployed: false`,
    )
  }
  const refused = notPulled.filter((one) => one.refused).map(({ type, reason }) => `${type} (${reason})`)
  if (refused.length > 0)
    notes.push(`not pulled, since the credentials may not read it: ${refused.join(', ')}`)
  for (const { type, reason } of notPulled.filter((one) => !one.refused))
    notes.push(`not pulled: ${type}, since ${reason}`)
  if (leftOut.length > 0) notes.push(`not pulled, since claims does not know it: ${leftOut.join(', ')}`)
  if (leftAlone.length > 0)
    notes.push(`left alone, since tenant.yaml does not name it: ${leftAlone.join(', ')} (--full brings it)`)
  return notes
}

/** Lines of one difference that are shown; --json has all. */
const SHOWN_LINES = 200

function conflictText({ action, source, lines, diff = '' }: SourceConflict): string[] {
  const how =
    lines === undefined
      ? 'which cannot be bundled'
      : `from line ${lines.first} of the bundle on: ${lines.added} lines only in the tenant, ${lines.removed} only here`
  const shown = diff.trimEnd().split('\n')
  const more = shown.length - SHOWN_LINES
  return [
    `${source} differs: the tenant has other code for "${action}" than this source gives, ${how}`,
    ...(diff === '' ? [] : shown.slice(0, SHOWN_LINES)),
    ...(more > 0 ? [`… ${more} more lines`] : []),
  ]
}

/** Copies of the sources that make way, under names that are free. */
async function setAside(
  root: string,
  conflicts: readonly SourceConflict[],
): Promise<(readonly [file: string, text: string])[]> {
  return Promise.all(
    conflicts.map(async ({ source }) => {
      const text = await readFile(join(root, source), 'utf8')
      for (let count = 1; ; count++) {
        const file = `${source}${ASIDE}${count === 1 ? '' : `-${count}`}`
        const there = await readOutput(join(root, file), file)
        if (there === undefined || there === text) return [file, text] as const
      }
    }),
  )
}
