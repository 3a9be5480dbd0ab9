import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { postLoginEvent, SITUATIONS, type SimulatedEvent, situation } from '../../lib/simulator/index.ts'
import { eventSchema } from '../../lib/triggers/event-schema.ts'
import { postLogin, TRIGGERS } from '../../lib/triggers/index.ts'
import { memberOf, type Shape } from '../../lib/triggers/shape.ts'

const schemas = join(import.meta.dirname, '../../schemas')

it.each(TRIGGERS)('the schema of $id events is what "npm run schemas" writes', (trigger) => {
  const file = readFileSync(join(schemas, `${trigger.id}-event.schema.json`), 'utf8')
  expect(JSON.parse(file)).toEqual(eventSchema(trigger))
})

/** Members of a value that its shape does not have, and members that it lacks although they are always there. */
function faults(value: unknown, shape: Shape, path: string): string[] {
  if (shape.kind === 'list') {
    return Array.isArray(value)
      ? value.flatMap((one) => faults(one, shape.each!, `${path}[]`))
      : [`${path}: no list`]
  }
  if (shape.kind === 'leaf') return typeof value === 'object' ? [`${path}: no leaf`] : []
  if (shape.kind === 'free') return []
  if (typeof value !== 'object' || value === null) return [`${path}: no object`]
  const lacking = Object.entries(shape.members ?? {})
    .filter(([name, member]) => member.missing === 'no' && !Object.hasOwn(value, name))
    .map(([name]) => `${path}.${name} is missing`)
  const own = Object.entries(value).flatMap(([name, member]) => {
    const known = memberOf(shape, name)
    return known === undefined ? [`${path}.${name} is not known`] : faults(member, known, `${path}.${name}`)
  })
  return [...lacking, ...own]
}

describe('the events that are made here', () => {
  const validate = new Ajv2020({ strict: false }).compile(eventSchema(postLogin))
  const made: [string, SimulatedEvent][] = [
    ['an ordinary login', postLoginEvent()],
    ['a seeded login', postLoginEvent({}, { seed: 7 })],
    ...SITUATIONS.map((name): [string, SimulatedEvent] => [name, situation(name)]),
  ]
  it.each(made)('fit the shape and its schema: %s', (_, event) => {
    expect(validate(event)).toBe(true)
    // Each Action gets its own secrets.
    expect(faults(event, postLogin.eventShape, 'event')).toEqual(['event.secrets is missing'])
  })

  it('do not fit with a member of another name, type or value', () => {
    const event = postLoginEvent()
    expect(faults({ ...event, usr: {} }, postLogin.eventShape, 'event')).toContain('event.usr is not known')
    for (const wrong of [
      { ...event, stats: { logins_count: -1 } },
      { ...event, user: { ...event.user, user_id: '' } },
      { ...event, transaction: { ...event.transaction, protocol: 'oauth3' } },
      { ...event, client: { ...event.client, metadata: { a: 1 } } },
      { ...event, tenant: {} },
      { ...event, organization: null },
    ]) {
      expect(validate(wrong)).toBe(false)
    }
    expect(validate({ ...event, experiment: null, security_context: { ja3: null } })).toBe(true)
  })
})
