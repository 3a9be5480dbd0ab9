import type { Shape } from './shape.ts'
import type { Trigger } from './trigger.ts'

type Schema = Readonly<Record<string, unknown>>

/** The schema in `schemas/` of a trigger's events, by which an event from outside is checked. */
export function eventSchema({ id, version, eventShape }: Trigger): Schema {
  const words = id.split('-').map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://auth0-claims.example/schemas/${id}-event.schema.json`,
    title: `${words.join('')}Event`,
    description: `The event that Auth0 hands to a ${id} Action (trigger version ${version}). Members that do not apply are absent, not null.`,
    ...schemaOf(eventShape),
  }
}

/** The JSON Schema (2020-12) of a shape. Members that are not named may exist: Auth0 adds some now and then. */
function schemaOf(shape: Shape): Schema {
  const described = shape.description === undefined ? {} : { description: shape.description }
  return { ...typed(shape), ...described }
}

function typed({ kind, members = {}, each, type, values, notEmpty, nullable }: Shape): Schema {
  const of = (name: string) => (nullable === true ? [name, 'null'] : name)
  switch (kind) {
    case 'object': {
      const named = Object.entries(members)
      const required = named.filter(([, member]) => member.needed === true).map(([name]) => name)
      const stated = named.flatMap(([name, member]) => {
        const schema = schemaOf(member)
        return Object.keys(schema).length === 0 ? [] : [[name, schema]]
      })
      return {
        type: of('object'),
        ...(stated.length > 0 && {
          properties: Object.fromEntries(stated),
        }),
        ...(required.length > 0 && { required }),
      }
    }
    case 'map': {
      const values = each === undefined ? {} : typed(each)
      return { type: of('object'), ...(Object.keys(values).length > 0 && { additionalProperties: values }) }
    }
    case 'list':
      return { type: 'array', ...(each !== undefined && { items: schemaOf(each) }) }
    default: {
      if (values !== undefined) return { enum: values }
      if (type === undefined) return {}
      if (type === 'integer') return { type, minimum: 0 }
      if (typeof type !== 'string') return { type }
      return { type: of(type), ...(notEmpty === true && { minLength: 1 }) }
    }
  }
}
