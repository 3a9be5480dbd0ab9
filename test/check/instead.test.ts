import { describe, expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'
import { methodAt, TRIGGERS } from '../../lib/triggers/index.ts'
import { folderWith } from '../helpers/folder.ts'

async function hintsOn(line: string): Promise<string[]> {
  const root = await folderWith({
    'a.js': `exports.onExecutePostLogin = async (event, api) => {\n${line}\n}\n`,
  })
  return (await checkFiles([`${root}/a.js`], { root })).map(({ hint }) => hint)
}

describe.each(TRIGGERS)('what people write in $id that there is not', (trigger) => {
  const written = Object.entries(trigger.instead)

  it('is answered by what to write instead, each time', async () => {
    const root = await folderWith({
      'a.js': `exports.${trigger.handlers.execute} = async (event, api) => {\n${written
        .map(([path]) => (path.startsWith('api.') ? `try { ${path}('x') } catch {}` : `console.log(${path})`))
        .join('\n')}\n}\n`,
    })
    const found = await checkFiles([`${root}/a.js`], { root })
    const wrong = written.filter(
      ([, hint], index) => !found.some((one) => one.line === index + 2 && one.hint === hint),
    )
    expect(wrong).toEqual([])
  })

  it('is no method of the api', () => {
    const paths = written.flatMap(([path]) => (path.startsWith('api.') ? [path.slice(4)] : []))
    expect(paths.filter((path) => methodAt(trigger, path) !== undefined)).toEqual([])
  })
})

it.each([
  ['const { permissions } = event.authorization ?? {}', /^Permissions are not in the event/],
  ["console.log(event['tenant']['name'])", /event\.tenant\.id/],
  ['const { context: { clientName } } = event', /event\.client\.name/],
  ['console.log(event.client.frobnicate)', /^event\.client has client_id, name, /],
  ['console.log(event.request.geoip.country_code)', /^Did you mean event\.request\.geoip\.countryCode\?$/],
  [
    "const { user } = event; if (user.roles?.includes('admin')) console.log()",
    /event\.authorization\?\.roles/,
  ],
])('a hint of use on %s', async (line, hint) => {
  expect(await hintsOn(line)).toContainEqual(expect.stringMatching(hint))
})

it.each([
  'event.user.department',
  'event.user.groups',
  'event.transaction?.newer',
  'event.user.app_metadata.roles',
])('nothing is said of %s, which a connection or an author may bring', async (path) => {
  expect(await hintsOn(`console.log(${path})`)).toEqual([])
})
