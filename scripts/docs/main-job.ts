import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { blocksOf, withBodies } from './blocks.ts'

const root = join(import.meta.dirname, '../..')

/** What `npm start` prints. */
export async function mainJobOutput(): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', join(root, 'scripts/demo/main.ts')],
    { cwd: root, env: { PATH, HOME } },
  )
  return stdout
}

const NOTE = /^output: npm start(?:, steps? (\d+)(?: to (\d+))?)?$/

/** The page with what the main job prints in the blocks that ask for it by their note; unchanged where only random values differ. */
export function withMainJob(page: string, job: string): string {
  const bodies = blocksOf(page).flatMap((block) => {
    const [note, from, to = from] = NOTE.exec(block.note ?? '') ?? []
    if (note === undefined) return []
    const body = from === undefined ? `${job.trimEnd()}\n` : steps(job, Number(from), Number(to))
    return steady(body) === steady(block.body) ? [] : [[block, body] as const]
  })
  return withBodies(page, new Map(bodies))
}

function steps(job: string, from: number, to: number): string {
  const blocks = job.split(/^(?=✔)/m)
  return `${blocks
    .slice(from - 1, to)
    .join('')
    .trimEnd()}\n`
}

/** A text without what differs from run to run: ports, identifiers, digests, sizes of tokens and times. */
function steady(text: string): string {
  return text
    .replaceAll(/(?<=localhost:|127\.0\.0\.1:)\d+/g, '…')
    .replaceAll(/\b\d+\.\d+ s\b/g, '… s')
    .replaceAll(/\(\d+ characters\)/g, '(…)')
    .replaceAll(/(?<![\w/:.-])(?=[\w-]*[\dA-Z])(?:v1\.)?[\w-]{5,}…/g, '…')
    .replaceAll(/\b(?:org_|auth0\|)\w+/g, '…')
    .replaceAll(/(?<=(?:code_challenge|client_id|state|nonce|state=)(?: +|))[\w-]{32,43}/g, '…')
    .replaceAll(/[ \t]+/g, ' ')
}

export const PICTURE = 'docs/picture.svg'

/** Lines of the main job that tell the story. */
const SHOWN: readonly RegExp[] = [
  /^✔ +2 /,
  /^ +(contracts|findings) /,
  /^✔ +4 /,
  /^ +read back /,
  /^✔ +(7|8) /,
  /^ +access_token +signature/,
  /^✔ +9 /,
  /^ +(access|ID) +https.*(roles|plan) /,
  /^ +scope export/,
  /^✔ +10 /,
  /^ +(200|401|403) +(GET +\/orders |DELETE)/,
  /^✔ +11 /,
  /^ +Actions +ran again/,
  /^ +old token/,
  /^✔ +12 /,
]

const LINE = 20
const COLUMN = 8.4

/** The main job as a picture: a terminal with the lines that tell the story, and no value that is random. */
export function picture(job: string): string {
  const lines = [
    '$ npm start',
    ...job
      .split('\n')
      .filter((line) => SHOWN.some((pattern) => pattern.test(line)))
      .map((line) =>
        line
          .replace(/, after \d.*/, '')
          .replace(/ for auth0\|.*/, '')
          .trimEnd(),
      )
      .filter((line, index, all) => all.indexOf(line) === index)
      .flatMap((line) => (line.startsWith('✔') ? ['', line] : [line])),
  ]
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * COLUMN) + 48
  const height = lines.length * LINE + 72
  const rows = lines.map((line, index) => {
    const y = 60 + index * LINE
    const color = line.startsWith('✔') ? '#e6edf3' : line.startsWith('$') ? '#7ee787' : '#9da7b3'
    const text = escaped(line).replace(/^✔/, '<tspan fill="#3fb950">✔</tspan>')
    return line === '' ? '' : `  <text x="24" y="${y}" fill="${color}">${text}</text>`
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '  <title>npm start: what was deployed runs at login, its claims arrive, and the API accepts the token</title>',
    `  <rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    '  <circle cx="26" cy="24" r="6" fill="#ff5f57"/><circle cx="46" cy="24" r="6" fill="#febc2e"/><circle cx="66" cy="24" r="6" fill="#28c840"/>',
    '  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" style="white-space: pre">',
    ...rows.filter((row) => row !== ''),
    '  </g>',
    '</svg>',
  ].join('\n')}\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
