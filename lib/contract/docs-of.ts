import { tokenName } from '../finding.ts'
import { candidates } from './candidates.ts'
import { worstCaseSize } from './size.ts'
import type { Contract, JsonSchema, JsonSchemaObject } from './types.ts'
import { localTarget } from './types-of.ts'

/** Names of the Actions that set a claim, where that is known. */
export type SetBy = (contract: Contract, claim: string) => readonly string[]

/** What a page says about one contract; texts are plain, those in `code` are code. */
interface Page {
  title: string
  description: string | undefined
  /** Which tokens, how large, from which file. */
  about: string
  rows: Row[]
}

interface Row {
  /** Its name, or the way to a member of it, e.g. `https://acme.example/address.city`, `…/teams[].name`. */
  claim: string
  type: string
  meaning: string
  when: string
  example: string | undefined
  largest: string
  setBy: string
}

const HEADINGS = ['claim', 'type', 'meaning', 'when', 'example', 'largest, bytes', 'set by'] as const
const NOTE = 'Written by `claims docs`. Do not edit.'

/**
 * A Markdown page about contracts, for those who read the claims: claim, type, meaning, when a token has it, an example
 * and the largest size.
 */
export function docsOf(contracts: readonly Contract[], setBy: SetBy = () => []): string {
  const pages = contracts.map((contract) => {
    const { title, description, about, rows } = pageOf(contract, setBy)
    const code = (text: string) => (text === '' ? '' : codeSpan(text))
    const lines = rows.map((row) => {
      const cells = [
        code(row.claim),
        row.type,
        markdownText(row.meaning),
        row.when,
        code(row.example ?? ''),
        row.largest,
        markdownText(row.setBy),
      ]
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, (space) => (space.includes('\n') ? ' ' : space))).join(' | ')} |`
    })
    return [
      `## ${title}`,
      '',
      ...(description === undefined ? [] : [markdownText(description), '']),
      about,
      '',
      `| ${HEADINGS.join(' | ')} |`,
      '| --- | --- | --- | --- | --- | ---: | --- |',
      ...lines,
      '',
    ].join('\n')
  })
  return `# Claims\n\n<!-- ${NOTE} -->\n\n${pages.join('\n')}`
}

/** The same as one HTML document that needs nothing else: no script, no font, no other file. */
export function htmlDocsOf(contracts: readonly Contract[], setBy: SetBy = () => []): string {
  const pages = contracts.map((contract) => {
    const { title, description, about, rows } = pageOf(contract, setBy)
    const code = (text: string) => (text === '' ? '' : `<code>${escaped(text)}</code>`)
    const lines = rows.map((row) => {
      const cells = [
        code(row.claim),
        marked(row.type),
        escaped(row.meaning),
        marked(row.when),
        code(row.example ?? ''),
        escaped(row.largest),
        escaped(row.setBy),
      ]
      return `<tr id="${escaped(`${title}-${row.claim}`)}">${cells.map((cell, index) => `<td data-label="${HEADINGS[index]}">${cell}</td>`).join('')}</tr>`
    })
    return [
      `<section id="${escaped(title)}">`,
      `<h2>${escaped(title)}</h2>`,
      ...(description === undefined ? [] : [`<p>${escaped(description)}</p>`]),
      `<p>${marked(about)}</p>`,
      '<table>',
      `<thead><tr>${HEADINGS.map((heading) => `<th scope="col">${heading}</th>`).join('')}</tr></thead>`,
      `<tbody>\n${lines.join('\n')}\n</tbody>`,
      '</table>',
      '</section>',
    ].join('\n')
  })
  return [
    '<!doctype html>',
    `<!-- ${NOTE} -->`,
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Claims</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    '<h1>Claims</h1>',
    ...pages,
    '</main>',
    '</body>',
    '</html>',
  ].join('\n')
}

const STYLE =
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:2rem auto;max-width:75rem;padding:0 1rem}' +
  'table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid #8886;padding:.4rem .6rem;text-align:left;vertical-align:top}' +
  'td:nth-child(6){text-align:right}code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}tr:target{outline:2px solid}h1,h2,p{overflow-wrap:anywhere}' +
  // On a telephone a row is a card: a table of seven columns has no room there.
  '@media(max-width:48rem){table,tbody,tr,td{display:block}thead{display:none}body{margin:1rem auto}tr{margin:0 0 1rem;border:1px solid #8886}' +
  'td{border:0;overflow-wrap:anywhere}td:nth-child(6){text-align:left}td:empty{display:none}td:not(:first-child)::before{content:attr(data-label) ": ";font-weight:600}}'

function pageOf(contract: Contract, setBy: SetBy): Page {
  const size = worstCaseSize(contract)
  const where =
    contract.token === 'id_token'
      ? 'In ID tokens.'
      : `In access tokens for ${coded(contract.audience ?? '')}.`
  const total = Number.isFinite(size.bytes)
    ? `All claims take at most ${size.bytes} bytes, the signed token about ${size.signedBytes}.`
    : 'The claims have no largest size.'
  const budget = contract.maxBytes === undefined ? '' : ` Budget: ${contract.maxBytes} bytes.`
  return {
    title: contract.title,
    description: contract.description,
    about: `${where} ${total}${budget} Contract: ${coded(contract.file)}.`,
    rows: contract.claims.flatMap((claim) => {
      const schema = contract.schema.properties?.[claim] ?? true
      const row: Row = {
        claim,
        type: typeText(schema, contract.schema),
        meaning: textIn(schema, contract.schema, 'description') ?? '',
        when: whenText(contract, claim),
        example: example(contract, claim, schema),
        largest: Number.isFinite(size.claims[claim]) ? `${size.claims[claim]}` : 'no bound',
        setBy: setBy(contract, claim).join(', '),
      }
      return [row, ...memberRows(claim, schema, contract.schema).slice(0, MOST_MEMBERS)]
    }),
  }
}

/** Members of one claim that are described; the contract has the others. */
const MOST_MEMBERS = 100
const DEEPEST = 4

/** A row for each member that the contract describes, at any depth, also of the objects in a list. */
function memberRows(place: string, schema: JsonSchema, root: JsonSchemaObject, depth = 0): Row[] {
  if (typeof schema === 'boolean' || depth > DEEPEST) return []
  const { properties = {}, required = [], items, allOf = [] } = schema
  const members = Object.entries(properties).flatMap(([name, member]): Row[] => {
    const path = /^[\w-]+$/.test(name) ? `${place}.${name}` : `${place}[${JSON.stringify(name)}]`
    const row: Row = {
      claim: path,
      type: typeText(member, root),
      meaning: textIn(member, root, 'description') ?? '',
      when: required.includes(name) ? 'always there' : 'not always there',
      example: undefined,
      largest: '',
      setBy: '',
    }
    return [row, ...memberRows(path, member, root, depth + 1)]
  })
  const target = schema.$ref === undefined ? undefined : localTarget(schema.$ref, root)
  return [
    ...members,
    ...(items === undefined ? [] : memberRows(`${place}[]`, items, root, depth + 1)),
    ...[...allOf, ...(target === undefined ? [] : [target])].flatMap((part) =>
      memberRows(place, part, root, depth + 1),
    ),
  ].slice(0, MOST_MEMBERS)
}

/** When a token has the claim, from `required` and from conditions on registered claims. */
function whenText({ schema, token, mayDifferAfterRefresh }: Contract, claim: string): string {
  const conditions = conditionsOf(schema, claim)
  const when = schema.required?.includes(claim)
    ? 'always'
    : conditions.length === 0
      ? 'not always'
      : `at least ${conditions.join(', and ')}`
  return mayDifferAfterRefresh.includes(claim)
    ? `${when}; a refresh may give the ${tokenName(token)} another one`
    : when
}

function conditionsOf(schema: JsonSchemaObject, claim: string): string[] {
  const own =
    typeof schema.if === 'object' && typeof schema.then === 'object' && schema.then.required?.includes(claim)
      ? [conditionText(schema.if)]
      : []
  return [
    ...own,
    ...(schema.allOf ?? []).flatMap((part) => (typeof part === 'object' ? conditionsOf(part, claim) : [])),
  ]
}

/** The condition in words, where it is one that contracts commonly have. */
function conditionText({ properties = {}, required = [] }: JsonSchemaObject): string {
  const [name, ...others] = [...new Set([...required, ...Object.keys(properties)])]
  if (name === undefined || others.length > 0) return 'under a condition: see the contract'
  if (name === 'org_id' && properties['org_id'] === undefined) return 'on organization logins'
  const rule = properties[name]
  if (name === 'scope' && typeof rule === 'object' && typeof rule.pattern === 'string') {
    const scope =
      /^(?:\\b|\(\^\| \)|\(\?:\^\| \))?([\w:.-]+)(?:\\b|\(\$\| \)|\( \|\$\)|\(\?:\$\| \)|\(\?: \|\$\))?$/.exec(
        rule.pattern,
      )?.[1]
    if (scope !== undefined) return `with the scope ${coded(scope)}`
  }
  return `when ${coded(name)} is ${typeof rule === 'object' && 'const' in rule ? coded(JSON.stringify(rule.const)) : 'as the contract says'}`
}

function typeText(schema: JsonSchema, root: JsonSchemaObject, depth = 0): string {
  if (typeof schema === 'boolean' || depth > 4) return 'any'
  const target = schema.$ref === undefined ? undefined : localTarget(schema.$ref, root)
  if (target !== undefined) return typeText(target, root, depth + 1)
  if ('const' in schema) return coded(JSON.stringify(schema.const))
  if (schema.enum !== undefined) return schema.enum.map((value) => coded(JSON.stringify(value))).join(', ')
  const { type, maxLength, maxItems, items, minimum, maximum } = schema
  const parts = [type === undefined ? 'see the contract' : [type].flat().join(' or ')]
  if (typeof items === 'object') parts.push(`of ${typeText(items, root, depth + 1)}`)
  if (maxItems !== undefined) parts.push(`(at most ${maxItems})`)
  if (maxLength !== undefined) parts.push(`(at most ${maxLength} characters)`)
  if (minimum !== undefined || maximum !== undefined) parts.push(`(${minimum ?? '…'} to ${maximum ?? '…'})`)
  return parts.join(' ')
}

/** A text of the schema, or of what it refers to. */
function textIn(schema: JsonSchema, root: JsonSchemaObject, member: 'description'): string | undefined {
  if (typeof schema !== 'object') return undefined
  const target = schema.$ref === undefined ? undefined : localTarget(schema.$ref, root)
  return schema[member] ?? (typeof target === 'object' ? target[member] : undefined)
}

function example(contract: Contract, claim: string, schema: JsonSchema): string | undefined {
  const value = candidates(schema, contract.schema).find(
    (candidate) => !contract.validate({ [claim]: candidate }).some((fault) => fault.claim === claim),
  )
  return value === undefined ? undefined : JSON.stringify(value)
}

/** In backticks, for both pages. A backtick in JSON has another spelling. */
function coded(text: string): string {
  return `\`${oneLine(text).replaceAll('`', '\\u0060')}\``
}

/** A code span of Markdown, whatever the text: its fence is longer than any in it. */
function codeSpan(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(runs.reduce((most, length) => Math.max(most, length), 0) + 1)
  const space = runs.length === 0 ? '' : ' '
  return `${fence}${space}${oneLine(text)}${space}${fence}`
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

/** Text that Markdown shows as it is: no element, no link or picture, no heading, list or fence of its own. */
function markdownText(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replaceAll('<', '&lt;')
        .replaceAll(/[[\]]/g, '\\$&')
        .replaceAll(/`{3,}|~{3,}/g, (fence) => fence.replaceAll(/./g, '\\$&'))
        .replace(/^(\d{1,9})([.)])/, '$1\\$2')
        .replace(/^[#>+*=|-]/, '\\$&'),
    )
    .join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!)
}

/** Escaped, with what stands in backticks as code. */
function marked(text: string): string {
  return escaped(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>')
}
