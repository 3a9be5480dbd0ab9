import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pullTenant, type SourceConflict } from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readOutput, writeAllWhole } from '../../files/index.ts'
import { tenantFormat } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { withoutCredentials } from '../masked.ts'
import { targetHelp, targetOptions, targetUsage, tenantToRead } from './deploy-target.ts'

/** What a source that makes way for pulled code is called afterwards. */
const ASIDE = '.before-pull'

/** `claims pull`: a tenant as the files of a workspace. */
export const pullCommand: Command = {
  name: 'pull',
  summary: 'Export a tenant into this folder as a workspace',
  usage: `${targetUsage} [--overwrite] [--replace-sources] [--json]`,
  options: {
    ...targetOptions,
    overwrite: { type: 'boolean' },
    'replace-sources': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: [
    ...targetHelp,
    ['--overwrite', 'replace files that are there and differ; without it nothing is written'],
    [
      '--replace-sources',
      `where the tenant has other code than a TypeScript or module source gives: keep the source as <file>${ASIDE}, and write the tenant's JavaScript in its place; without it nothing is written`,
    ],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    await refuseDirectoryFormat(terminal.cwd)
    const access = await tenantToRead(terminal, values)
    const pulled = await withoutCredentials(access, () => pullTenant({ ...access, root: terminal.cwd }))
    const { files, markers, leftOut, conflicts } = pulled
    const print = (outcome: string, written: readonly string[]) =>
      terminal.out(
        JSON.stringify({
          version: 1,
          command: 'pull',
          outcome,
          domain: access.domain,
          written,
          markers,
          leftOut,
          sources: conflicts,
        }),
      )
    if (conflicts.length > 0 && values['replace-sources'] !== true) {
      if (values['json'] === true) print('differs', [])
      for (const conflict of conflicts) terminal.err(conflictText(conflict))
      terminal.err(
        'nothing was written: bring the change into the source yourself, or let claims deploy --overwrite send what the source gives, or use --replace-sources (claims pull --help)',
      )
      return EXIT.findings
    }
    const replaced = new Set(conflicts.map(({ source }) => source))
    const written: string[] = []
    const differ: string[] = []
    for (const [file, content] of files) {
      const current = await readOutput(join(terminal.cwd, file), file)
      if (current === content) continue
      written.push(file)
      if (current !== undefined && !replaced.has(file)) differ.push(file)
    }
    if (differ.length > 0 && values['overwrite'] !== true) {
      throw new ToolkitError('ERR_USAGE', `these files are there and differ: ${differ.join(', ')}`, {
        hint: 'Nothing was written. Commit them, then use --overwrite and look at the difference.',
      })
    }
    const aside = await setAside(terminal.cwd, conflicts)
    const texts = [...aside, ...written.map((file) => [file, files.get(file)!] as const)]
    await writeAllWhole(
      texts.map(([file, text]) => [join(terminal.cwd, file), text] as const),
      { root: terminal.cwd },
    )
    // Only now that all else is there, and a copy of each as well.
    for (const { source } of conflicts) if (!files.has(source)) await rm(join(terminal.cwd, source))
    if (values['json'] === true) {
      print(
        texts.length === 0 ? 'unchanged' : 'written',
        texts.map(([file]) => file),
      )
      return EXIT.clean
    }
    for (const [file] of texts) terminal.out(`wrote ${file}`)
    if (texts.length === 0) terminal.out('nothing to write: the files are as the tenant')
    if (files.has('tenant.yaml') && markers.length > 0) {
      terminal.err(
        `note: give values to ${markers.join(', ')}: Auth0 does not show secrets, and what may be one is not written`,
      )
    }
    if (leftOut.length > 0)
      terminal.err(`note: not pulled, since claims does not know it: ${leftOut.join(', ')}`)
    if (written.some((file) => file.endsWith('.js')))
      terminal.err('note: code comes as it is; claims check warns of secrets that stand in it')
    return EXIT.clean
  },
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

function conflictText({ action, source, lines }: SourceConflict): string {
  const how =
    lines === undefined
      ? 'which cannot be bundled'
      : `from line ${lines.first} of the bundle on: ${lines.added} lines only in the tenant, ${lines.removed} only here`
  return `${source} differs: the tenant has other code for "${action}" than this source gives, ${how}`
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
