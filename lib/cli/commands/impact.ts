import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClaimImpact, impactOf, readConsumers, readContracts } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { ifMissing, readText } from '../../files/index.ts'
import { tokenName } from '../../finding.ts'
import { formatFindings } from '../../report/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { workspaceFolder } from '../workspace-folder.ts'

const FOLDER = 'schemas/consumers'

/** `claims impact`: who reads which claim, and who breaks when one goes. */
export const impactCommand = defineCommand({
  name: 'impact',
  summary: 'Say who reads which claim, who breaks when one goes, and what nobody reads',
  flags: {
    without: {
      value: '<claim>',
      help: 'say what happens when this claim goes; exit 1 when somebody needs it',
    },
    ...JSON_FLAG,
  },
  async run(terminal, values) {
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const consumers = readConsumers(await consumerTexts(workspace.root))
    const { claims, findings } = impactOf(contracts, consumers)
    const without = values['without']
    const shown = typeof without === 'string' ? claims.filter(({ claim }) => claim === without) : claims
    if (typeof without === 'string' && shown.length === 0) {
      throw new ToolkitError('ERR_USAGE', `no contract describes "${without}"`, {
        hint: `There are ${[...new Set(claims.map(({ claim }) => claim))].join(', ') || 'none'}.`,
      })
    }
    const unread = claims.filter(isUnread)
    if (values['json'] === true) {
      const summary = {
        consumers: consumers.length,
        unread: unread.length,
        unreadBytes: bytesOf(unread) ?? null,
      }
      terminal.out(jsonDocument('impact', { summary, claims: shown, findings }))
    } else if (typeof without === 'string') {
      for (const impact of shown) terminal.out(lossLines(impact))
    } else {
      for (const [index, impact] of claims.entries()) {
        if (impact.file !== claims[index - 1]?.file) terminal.out(`${impact.title} (${impact.file})`)
        terminal.out(`  ${impact.claim}  ${readersText(impact)}${sizeText(impact.bytes)}`)
      }
      if (consumers.length === 0)
        terminal.err(`There are no consumer files in ${FOLDER}/: whoever reads claims writes one.`)
      else if (unread.length > 0) terminal.out(savingText(unread))
      if (findings.length > 0) terminal.out(formatFindings(findings).split('\n'))
    }
    const breaks =
      typeof without === 'string'
        ? shown.some(({ requiredBy }) => requiredBy.length > 0)
        : findings.some(({ severity }) => severity === 'error')
    return breaks ? EXIT.findings : EXIT.clean
  },
})

async function consumerTexts(root: string): Promise<{ file: string; text: string }[]> {
  const names = await readdir(join(root, FOLDER)).catch(ifMissing<string[]>([]))
  return Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map(async (name) => ({
        file: `${FOLDER}/${name}`,
        text: await readText(join(root, FOLDER, name)),
      })),
  )
}

const isUnread = ({ requiredBy, readBy }: ClaimImpact) => requiredBy.length + readBy.length === 0

function readersText(impact: ClaimImpact): string {
  if (isUnread(impact)) return 'nobody reads it'
  return [
    ...(impact.requiredBy.length > 0 ? [`needed by ${impact.requiredBy.join(', ')}`] : []),
    ...(impact.readBy.length > 0 ? [`read by ${impact.readBy.join(', ')}`] : []),
  ].join('; ')
}

function lossLines(impact: ClaimImpact): string[] {
  const { title, token, requiredBy, readBy, bytes } = impact
  const head = `Without ${impact.claim} in the ${tokenName(token)} (${title}):`
  const lines = [
    ...requiredBy.map((name) => `${name} breaks`),
    ...readBy.map((name) => `${name} does without it`),
    ...(isUnread(impact) ? ['nobody notices'] : []),
    bytes === undefined
      ? 'a token is smaller by any number of bytes: the claim has no largest size'
      : `a token is up to ${bytes} bytes smaller, ${inToken(bytes)} once it is signed`,
  ]
  return [head, ...lines.map((line) => `  ${line}`)]
}

function savingText(unread: readonly ClaimImpact[]): string {
  const count = unread.length === 1 ? '1 claim' : `${unread.length} claims`
  const bytes = bytesOf(unread)
  const saved = bytes === undefined ? 'have no largest size' : `take up to ${bytes} bytes`
  return `nobody reads ${count}, which ${saved}`
}

function bytesOf(claims: readonly ClaimImpact[]): number | undefined {
  if (claims.some(({ bytes }) => bytes === undefined)) return undefined
  return claims.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
}

function sizeText(bytes: number | undefined): string {
  return bytes === undefined ? ' (no largest size)' : ` (up to ${bytes} bytes)`
}

/** The payload of a token is in base64. */
function inToken(bytes: number): number {
  return Math.ceil((bytes * 4) / 3)
}
