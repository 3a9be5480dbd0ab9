/** Writes docs/licences.md, what an installation of each package brings and under which licence. A test holds it to the lockfile. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export const LICENCES_PAGE = fileURLToPath(new URL('../docs/licences.md', import.meta.url))
const LOCKFILE = new URL('../package-lock.json', import.meta.url)

interface Locked {
  version?: string
  license?: string
  dev?: boolean
  devOptional?: boolean
}

/** Name and licence of each package that is installed with auth0-claims, other platforms' programs included. */
export function installedLicences(): { name: string; version: string; licence: string }[] {
  const { packages } = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, Locked> }
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path, { version = '', license = 'none' }]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      version,
      licence: license.replace(/^\((.*)\)$/, '$1'),
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'))
}

/** The page, as Markdown. */
export function licencesPage(): string {
  const byLicence = grouped()
  const rows = [...byLicence]
    .sort(([a, some], [b, others]) => others.length - some.length || a.localeCompare(b, 'en'))
    .map(
      ([licence, some]) =>
        `| ${licence} | ${some.length} | ${[...new Set(some.map(({ name }) => name))].join(', ')} |`,
    )
  return `# Licences

<!-- Written by \`npm run licences\` from package-lock.json. -->

auth0-claims is under the MIT licence. These packages come with it, programs for other platforms included, of which npm
installs those of the machine. \`auth0-claims-verify\` brings one: \`jose\`, MIT.

| licence | packages | names |
| --- | ---: | --- |
${rows.join('\n')}

Built in, with their licences beside them: \`hono\`, \`@hono/node-server\`, \`meriyah\` (ISC) and the JavaScript of
\`recheck\`; in \`auth0-claims-verify\`, for \`require\`, \`jose\`.
`
}

function grouped(): Map<string, ReturnType<typeof installedLicences>> {
  const result = new Map<string, ReturnType<typeof installedLicences>>()
  for (const one of installedLicences()) result.set(one.licence, [...(result.get(one.licence) ?? []), one])
  return result
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(LICENCES_PAGE, licencesPage())
