import { readFile, stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { tryBundleActions } from '../../bundle/index.ts'
import { claimWrites } from '../../check/index.ts'
import { docsOf, htmlDocsOf, readContracts, type SetBy } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { ifMissing, writeWhole } from '../../files/index.ts'
import { postLogin } from '../../triggers/index.ts'
import { boundTo } from '../../workspace/bound.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { workspaceFolder } from '../workspace-folder.ts'

const FORMATS = { markdown: docsOf, html: htmlDocsOf } as const

/** `claims docs`: a page from the contracts. */
export const docsCommand = defineCommand({
  name: 'docs',
  summary: 'Write a page about the claims from the contracts, as Markdown or HTML',
  flags: {
    format: {
      value: '<format>',
      help: 'markdown or html; by the name of the file unless told, else markdown',
    },
    out: { value: '<file>', help: 'write to this file instead of standard output' },
    ...JSON_FLAG,
  },
  async run(terminal, values) {
    const { out } = values
    const format = String(values['format'] ?? (/\.html?$/.test(String(out)) ? 'html' : 'markdown'))
    if (format !== 'markdown' && format !== 'html') {
      throw new ToolkitError('ERR_USAGE', `"${format}" is not a format`, {
        hint: `There are ${Object.keys(FORMATS).join(' and ')}.`,
      })
    }
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    if (contracts.length === 0) {
      throw new ToolkitError('ERR_INPUT', 'the workspace has no contracts', {
        hint: 'Write one to schemas/claims/<api>.access-token.json.',
      })
    }
    const page = FORMATS[format](contracts, await settersIn(workspace))
    if (typeof out === 'string') {
      const path = resolve(terminal.cwd, out)
      if (out === '' || /[\\/]$/.test(out)) {
        throw new ToolkitError('ERR_USAGE', `--out "${out}" names no file`, {
          hint: 'Name a file for the page.',
        })
      }
      await assertOurs(path, out)
      await writeWhole(path, page, { root: terminal.cwd })
      if (values['json'] !== true) terminal.out(relative(terminal.cwd, path))
    }
    if (values['json'] === true) {
      const file = typeof out === 'string' ? relative(terminal.cwd, resolve(terminal.cwd, out)) : undefined
      terminal.out(jsonDocument('docs', { [format]: page, file }))
    } else if (typeof out !== 'string') terminal.document(page.trimEnd())
    return EXIT.clean
  },
})

/** A page of an earlier run says so at its beginning. Any other file is not ours to replace. */
async function assertOurs(path: string, shown: string): Promise<void> {
  const there = await stat(path).catch(ifMissing())
  if (there === undefined || !there.isFile() || there.size === 0) return
  const text = await readFile(path, 'utf8')
  if (text.slice(0, 2000).includes('Written by `claims docs`')) return
  throw new ToolkitError('ERR_INPUT', `"${shown}" is there, and claims docs has not written it`, {
    hint: 'Nothing was written. Name another file, or move this one away.',
    file: shown,
  })
}

/** Which bound Actions write a claim, as far as their code tells. Those that do not build write nothing. */
async function settersIn(workspace: Workspace): Promise<SetBy> {
  const bound = workspace.actions.filter(({ name }) => boundTo(workspace, postLogin).includes(name))
  const { built } = await tryBundleActions(bound, { root: workspace.root })
  const writes = await Promise.all(
    built.map(async ({ name, code }) => ({ name, claims: await claimWrites(code, postLogin) })),
  )
  return ({ token }, claim) =>
    writes
      .filter(({ claims }) =>
        claims.some((write) => write.token === token && write.names.values.includes(claim)),
      )
      .map(({ name }) => name)
}
