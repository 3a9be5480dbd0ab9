import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cell, plain } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** What is read of a JSON Schema for its page. */
interface Schema {
  title?: string
  description?: string
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  pattern?: string
  minimum?: number
  minLength?: number
  format?: string
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  allOf?: readonly Schema[]
  examples?: readonly unknown[]
  if?: unknown
}

/** The members that a schema of `schemas/` describes, as a table, with its example. */
export function schemaSection(heading: string, file: string): string {
  const schema = JSON.parse(readFileSync(join(root, 'schemas', file), 'utf8')) as Schema
  const rows = [...members(schema, '')].map(
    ([name, type, about]) => `| \`${name}\` | ${type} | ${plain(about)} |`,
  )
  return [
    `## ${heading}`,
    `${plain(schema.description ?? '')} Schema: [schemas/${file}](../../schemas/${file}).`,
    ['| member | | |', '| --- | --- | --- |', ...rows].join('\n'),
    ...(schema.examples ?? []).map(
      (example) => `<!-- schema: ${file} -->\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
    ),
  ].join('\n\n')
}

function* members(schema: Schema, path: string): Generator<[name: string, type: string, about: string]> {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const own = path === '' ? name : `${path}.${name}`
    const needed = schema.required?.includes(name) === true ? '**required**, ' : ''
    yield [own, `${needed}${cell(typeOf(member))}`, member.description ?? '']
    yield* below(member, own)
  }
}

function* below(member: Schema, own: string): Generator<[string, string, string]> {
  yield* members(member, own)
  if (member.items !== undefined) yield* members(member.items, `${own}[]`)
  const each = member.additionalProperties
  if (typeof each !== 'object') return
  for (const part of [each, ...(each.allOf ?? [])]) yield* members(part, `${own}.<name>`)
}

function typeOf({
  type,
  const: only,
  enum: oneOf,
  items,
  pattern,
  minimum,
  minLength,
  additionalProperties,
}: Schema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (oneOf !== undefined) return oneOf.map((value) => `\`${JSON.stringify(value)}\``).join(' or ')
  if (type === 'array') return `list of ${items === undefined ? 'values' : typeOf(items)}`
  if (
    type === 'object' &&
    typeof additionalProperties === 'object' &&
    additionalProperties.enum !== undefined
  ) {
    return `object of ${typeOf(additionalProperties)}`
  }
  return [
    type ?? 'any value',
    ...(pattern === undefined ? [] : [`like \`${pattern}\``]),
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(minLength === undefined ? [] : ['not empty']),
  ].join(', ')
}
