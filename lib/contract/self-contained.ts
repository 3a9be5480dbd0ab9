import { schemaUri } from './compile.ts'
import { DATA } from './schema-walk.ts'
import type { JsonSchema, JsonSchemaObject } from './types.ts'
import { localTarget } from './types-of.ts'

interface SchemaFile {
  file: string
  schema: JsonSchemaObject
}

/**
 * The schema with what it names in other files under its own `$defs`, so that whoever walks it needs no other file.
 * The very same object when it names none. A reference to an anchor, or to what no file has, stays as it is.
 */
export function selfContained(entry: SchemaFile, all: readonly SchemaFile[]): JsonSchemaObject {
  const taken = new Map<string, string>()
  const definitions: Record<string, JsonSchema> = {}
  const names = new Set(Object.keys(entry.schema.$defs ?? {}))

  const rewritten = (value: unknown, from: SchemaFile): unknown => {
    if (Array.isArray(value)) return value.map((part) => rewritten(part, from))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => {
        if (DATA.has(key)) return [key, part]
        if (key === '$ref' && typeof part === 'string') return [key, reference(part, from)]
        return [key, rewritten(part, from)]
      }),
    )
  }

  const reference = (ref: string, from: SchemaFile): string => {
    if (from === entry && ref.startsWith('#')) return ref
    const base = schemaUri(from.file, from.schema)
    if (!URL.canParse(ref, base)) return ref
    const { href, hash } = new URL(ref, base)
    // `#` alone has no hash, and names the whole file as no `#` does.
    const address = href.split('#', 1)[0]!
    const known = taken.get(address + hash)
    if (known !== undefined) return known
    const other = all.find(({ file, schema }) => sameAddress(schemaUri(file, schema), address))
    const target = other === undefined ? undefined : localTarget(hash === '' ? '#' : hash, other.schema)
    if (other === undefined || target === undefined) return ref
    if (other === entry) return hash === '' ? '#' : hash
    const name = freeName(`${stem(other.file)}${hash.slice(1).replaceAll(/\/(?:\$defs)?/g, '-')}`, names)
    const local = `#/$defs/${encodeURIComponent(name)}`
    // Before its own references are looked at: it may name itself.
    taken.set(address + hash, local)
    definitions[name] = withoutIdentity(rewritten(target, other) as JsonSchema)
    return local
  }

  const schema = rewritten(entry.schema, entry) as JsonSchemaObject
  if (taken.size === 0) return entry.schema
  return { ...schema, $defs: { ...schema.$defs, ...definitions } }
}

/** Under an `$id` of its own, what it names by `#` would be looked for there. */
function withoutIdentity(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const { $id: _id, $schema: _schema, $defs: _defs, ...rest } = schema
  return rest
}

function sameAddress(uri: string, address: string): boolean {
  return uri.replace(/#$/, '') === address
}

function stem(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.json$/, '')
}

function freeName(wanted: string, names: Set<string>): string {
  const clean = wanted.replaceAll(/-+/g, '-').replaceAll(/[^\w.-]/g, '')
  let name = clean
  for (let count = 2; names.has(name); count++) name = `${clean}-${count}`
  names.add(name)
  return name
}
