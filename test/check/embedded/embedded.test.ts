import { describe, expect, it } from 'vitest'
import { checkFiles } from '../../../lib/check/index.ts'
import { folderWith } from '../../helpers/folder.ts'

const CODE = `exports.onExecutePostLogin = async (event, api) => {
  const plan = \`\${event.client.name}\`
  api.idToken.setCustomClaim('roles', [plan])
}
`
/** What the check has to say of the code, as it stands in the file: the place of `'roles'`. */
const MARK = "'roles'"

async function check(name: string, text: string): Promise<string[]> {
  const root = await folderWith({ [name]: text })
  const found = await checkFiles([`${root}/${name}`], { root })
  return found.map(({ rule, line, column }) => `${line}:${column} ${rule}`)
}

/** Where the text stands, each time, as the check would say it. */
function placesOf(text: string, mark = MARK): string[] {
  const places: string[] = []
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    const before = text.slice(0, at).split('\n')
    places.push(`${before.length}:${before.at(-1)!.length + 1} claims/restricted-name`)
  }
  return places
}

const indented = (by: string, code = CODE) => code.replace(/^(?=.)/gm, by)
const terraform = (code: string, mark = '<<-EOT') =>
  `resource "auth0_action" "a" {\n  name = "a"\n  code = ${mark}\n${code.replaceAll('${', '$${')}  EOT\n}\n`
const FENCED = `\`\`\`js\n${CODE}\`\`\`\n`

describe('Actions in files of other languages are checked, with places in that file', () => {
  it.each([
    ['a fence', 'a.md', `# Title\n\nText\n\n${FENCED}\nMore\n`],
    ['several fences', 'a.md', `${FENCED}\n~~~typescript\n${CODE}~~~\n`],
    ['a fence in a list', 'a.md', `1. Paste:\n\n   \`\`\`javascript\n${indented('   ')}   \`\`\`\n`],
    ['a fence in a quotation', 'a.md', `> \`\`\`js\n${indented('> ')}> \`\`\`\n`],
    ['a fence without a language', 'a.mdx', `\`\`\`\n${CODE}\`\`\`\n`],
    ['a fence of four', 'a.md', `\`\`\`\`js {1,2}\n${CODE}\`\`\`\`\n`],
    ['a fence that nobody closes', 'a.md', `\`\`\`js\n${CODE}`],
    ['Terraform in a fence', 'a.md', `\`\`\`hcl\n${terraform(indented('    '))}\`\`\`\n`],
    ['a heredoc with indentation', 'a.tf', terraform(indented('    '))],
    ['a heredoc with tabs', 'a.tf', terraform(indented('\t\t'))],
    ['a heredoc without indentation', 'a.tf', terraform(CODE, '<<EOT').replace('  EOT', 'EOT')],
    ['several heredocs', 'a.tf', terraform(indented('    ')) + terraform(indented('  '))],
    [
      'a heredoc in a function',
      'a.tf',
      terraform(indented('  '), 'chomp(<<-EOT').replace('EOT\n}', 'EOT\n)}'),
    ],
    ['a block of YAML', 'a.yaml', `actions:\n  - name: a\n    code: |\n${indented('      ')}`],
    ['a block of YAML with a header', 'a.yml', `data:\n  action.js: |2-\n${indented('    ')}\n`],
    ['several documents of YAML', 'a.yaml', `a: |\n${indented('  ')}---\nb: |\n${indented('\u0020')}`],
  ])('%s', async (_, name, text) => {
    expect(await check(name, text)).toEqual(placesOf(text))
  })

  it.each([
    ['a.md', `# Title\n\n${FENCED}`],
    ['a.tf', terraform(indented('    '))],
    ['a.yaml', `code: |\n${indented('  ')}`],
  ])('%s with the line ends of Windows', async (name, text) => {
    expect(await check(name, text.replaceAll('\n', '\r\n'))).toEqual(placesOf(text))
  })

  it.each([
    ['a.json', JSON.stringify({ actions: [{ name: 'ä', code: CODE }] }, null, 2)],
    ['a.yaml', `code: ${JSON.stringify(CODE)}\n`],
    ['a.tf', `resource "auth0_action" "a" {\n  code = ${JSON.stringify(CODE).replace('${', '$${')}\n}\n`],
  ])('text with escapes in %s', async (name, text) => {
    expect(await check(name, text)).toEqual(placesOf(text))
  })

  it('what Terraform puts in is not known, and no fault', async () => {
    const text = terraform('X').replace(
      'X',
      `    exports.onExecutePostLogin = async (event, api) => {
      const roles = \${jsonencode({ a = var.roles })}
      // \${var.comment}
      api.idToken.setCustomClaim('https://\${var.domain}/a', roles)
      api.idToken.setCustomClaim(\`$\${event.client.name}\${var.name}\`, "\${var.text}")
      api.idToken.setCustomClaim('roles', '%{ if var.x }')
    }
`,
    )
    expect(await check('a.tf', text)).toEqual([
      '7:34 claims/dynamic-name',
      '8:34 claims/dynamic-name',
      '9:34 claims/restricted-name',
    ])
  })
})

describe('what only names a handler in Markdown is no faulty Action', () => {
  const HALF = 'exports.onExecutePostLogin = async (event, api) => {'
  it.each([
    [
      'a shell session',
      `\`\`\`bash\nauth0 actions create --code '${HALF} }'\ncat <<X > a.js\n${HALF}\nX\n\`\`\`\n`,
      [],
    ],
    ['a request', `\`\`\`http\nPOST /api/v2/actions\n\n{ "code": "${HALF}" }\n\`\`\`\n`, []],
    [
      'a list of files',
      '```\nactions/\n├── onExecutePostLogin.js\n└── tenant.yaml\n```\n',
      ['2:1 bundle/not-checked'],
    ],
  ])('%s', async (_, fence, noted) => {
    expect(await check('a.md', `${fence}\n${FENCED}`)).toEqual([
      ...noted,
      ...placesOf(`${fence}\n${FENCED}`).filter((place) => place.endsWith('restricted-name')),
    ])
  })

  it('what says that it is JavaScript is judged as it', async () => {
    expect(await check('a.md', `\`\`\`js\n${HALF}\n\`\`\`\n`)).toEqual(['3:1 bundle/syntax'])
  })
})

describe('what is not looked at is said', () => {
  it('code in Markdown that is no Action, once', async () => {
    const text = `${FENCED}\n\`\`\`js\nfetch('/')\n\`\`\`\n\n\`\`\`ts\nlet a\n\`\`\`\n\n\`\`\`bash\nls\n\`\`\`\n`
    expect(await check('a.md', text)).toEqual([...placesOf(text), '9:1 bundle/not-checked'])
  })

  it.each([
    ['a.md', '# Nothing\n', '1:1'],
    ['a.tf', 'resource "auth0_action" "a" {\n  code = file("a.js")\n}\n', '2:3'],
    ['tenant.yaml', 'actions:\n  - name: a\n    code: ./a.js\n', '3:11'],
    ['a.json', '{ "a": 1 }', '1:1'],
  ])('a file without the code of an Action: %s', async (name, text, place) => {
    expect(await check(name, text)).toEqual([`${place} bundle/no-action`])
  })

  it.each([
    ['a.json', `{ "code": ${JSON.stringify(CODE)}, }`],
    ['a.yaml', `code: |\n${indented('  ')}\nb: [\n`],
  ])('%s that cannot be read', async (name, text) => {
    expect(await check(name, text)).toContainEqual(expect.stringMatching(/ bundle\/syntax$/))
  })

  it('code in a fence that cannot be parsed, at its place', async () => {
    expect(await check('a.md', '```js\nexports.onExecutePostLogin = async (event, api => {}\n```\n')).toEqual(
      [expect.stringMatching(/^[23]:\d+ bundle\/syntax$/)],
    )
  })
})

describe('what is pasted is taken as what it is', () => {
  it.each([
    ['Markdown', `Paste this:\n${FENCED}`],
    ['Markdown after a comment', `// Right: remove this line)\n${FENCED}`],
    ['Terraform', terraform(indented('    '))],
    ['YAML', `actions:\n  - code: |\n${indented('      ')}`],
    ['JSON', JSON.stringify([{ code: CODE }])],
  ])('%s', async (_, text) => {
    expect((await check('stdin.ts', text)).sort()).toEqual(
      ['1:1 bundle/not-checked', ...placesOf(text)].sort(),
    )
  })

  it.each([
    ['in a comment', `/*\nExample:\n${FENCED}*/\n${CODE}`],
    ['in a text', `const help = \`\n${FENCED.replaceAll('`', '\\`').replaceAll('${', '\\${')}\`\n${CODE}`],
    [
      'in a comment with stars',
      `/**\n * \`\`\`js\n * api.idToken.setCustomClaim('a', 1)\n * \`\`\`\n */\n${CODE}`,
    ],
  ])('code with fences %s is code', async (_, text) => {
    expect(await check('a.js', text)).toEqual(placesOf(text).slice(-1))
  })
})
