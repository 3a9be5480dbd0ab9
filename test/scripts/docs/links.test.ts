import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { userPages } from '../../../scripts/docs/page-files.ts'

const root = join(import.meta.dirname, '../../..')
const PAGES = [...(await userPages()), 'lib/README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']

it.each(PAGES)('%s links to files and headings that exist', (page) => {
  const text = prose(readFileSync(join(root, page), 'utf8'))
  const broken = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      if (!existsSync(file)) return true
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor)
    })
  expect(broken).toEqual([])
})

it('every page of docs/ can be reached from the README', async () => {
  const seen = new Set<string>()
  const open = ['README.md']
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (seen.has(page)) continue
    seen.add(page)
    const text = prose(readFileSync(join(root, page), 'utf8'))
    for (const [, path] of text.matchAll(/\]\((?!https?:)([^)#\s]+\.md)[^)]*\)/g))
      open.push(join(dirname(page), path!))
  }
  expect((await userPages()).filter((page) => !seen.has(page))).toEqual([])
})

it('who reviews what is said of files that exist', () => {
  const lines = readFileSync(join(root, '.github/CODEOWNERS'), 'utf8').split('\n')
  const paths = lines.filter((line) => line.startsWith('/')).map((line) => line.split(' ')[0]!)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

it('the README is shorter than 250 lines', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThan(250)
})

/** Without code, in which a link is none. */
function prose(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').match(/^#+ .*$/gm) ?? []
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}
