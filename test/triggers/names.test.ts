import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { expect, it } from 'vitest'
import { handlersOf, TRIGGERS } from '../../lib/triggers/index.ts'
import { methodsByPath } from '../../lib/triggers/trigger.ts'

const lib = join(import.meta.dirname, '../../lib')
const paths = TRIGGERS.flatMap((trigger) => [...methodsByPath(trigger).keys()])
// `get` and `render` are words of every program; `setCookieMode` is not.
const unmistakable = new Set(paths.map((path) => path.split('.')[1]!).filter((name) => /[A-Z]/.test(name)))
const NAMES = new RegExp(
  `\\b(?:${[...TRIGGERS.flatMap(handlersOf), ...paths.map((path) => path.replace('.', '\\.')), ...unmistakable].join('|')})\\b`,
)
const IDS = new Set(TRIGGERS.map(({ id }) => id))
/** What the pages about a rule say to people: the examples are Actions. */
const FOR_PEOPLE = new Set(['example', 'why', 'summary'])

/** Texts of a file in which a name of a trigger stands, or that are its id, but those for people. */
function named(file: string, source: string): string[] {
  const { program, errors } = parseSync(file, source)
  expect(errors).toEqual([])
  const found: string[] = []
  let people = 0
  const look = (text: string) => {
    if (people === 0 && (NAMES.test(text) || IDS.has(text))) found.push(text)
  }
  const keyOf = ({ key }: { key: { type: string; name?: string } }) => key.type === 'Identifier' && key.name
  new Visitor({
    Property: (node) => void (FOR_PEOPLE.has(String(keyOf(node as never))) && people++),
    'Property:exit': (node) => void (FOR_PEOPLE.has(String(keyOf(node as never))) && people--),
    Literal: (node) => {
      if (typeof node.value === 'string') look(node.value)
      if ('regex' in node) look(node.regex.pattern)
    },
    TemplateElement: (node) => look(node.value.raw),
  }).visit(program)
  return found
}

/** Texts for people that `lib/claims` makes, which stands below the triggers. This list only gets shorter. */
const LEFT = ['claims/check-claim-name.ts', 'claims/rules.ts']

/** Actions that users get. */
const EXAMPLES = ['init/example-action.ts']

it('only the folder of a trigger names its id, its methods and its handlers', () => {
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !EXAMPLES.includes(file) && !/^triggers[/\\][\w-]+[/\\]/.test(file),
  )
  const found = files.flatMap((file) =>
    named(file, readFileSync(join(lib, file), 'utf8')).map((text) => ({ file, text })),
  )
  expect(found.filter(({ file }) => !LEFT.includes(file))).toEqual([])
  expect([...new Set(found.map(({ file }) => file))].sort()).toEqual(LEFT)
})

it.each([
  ["const a = 'onExecutePostLogin'", 1],
  ["const a = b['post-login']", 1],
  ['const a = `x ${y} api.session.revoke(…)`', 1],
  ['const a = /sendUserTo|b/', 1],
  ["const rule = { example: { before: 'api.access.deny()' }, hint: 'api.access.deny()' }", 1],
  ["const a = 'An Action of post-login'", 0],
  ["const a = 'accessed.deny, get, render' // api.access.deny", 0],
])('finds the names in %s', (source, count) => {
  expect(named('a.ts', source)).toHaveLength(count)
})
