import type { Context } from 'hono'
import { isObject, setOwn } from '../../json.ts'
import { boundedText, isDeeperThan, MAX_DEPTH } from '../bounds.ts'
import { badRequest, ManagementError } from './errors.ts'
import { unfitField } from './field-kinds.ts'

export type Body = Record<string, unknown>

/** The JSON object that the request carries. @throws {ManagementError} 400 for anything else. */
export async function jsonObject(c: Context): Promise<Body> {
  const value = await json(c)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('Payload validation error: an object was expected.')
  }
  return value as Body
}

/** The JSON array of objects that the request carries. */
export async function jsonArray(c: Context): Promise<Body[]> {
  const value = await json(c)
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'object' || item === null)) {
    throw badRequest('Payload validation error: an array of objects was expected.')
  }
  return value as Body[]
}

/** The JSON object that the request may carry; an empty one without. */
export async function optionalJsonObject(c: Context): Promise<Body> {
  const value = parsed((await bodyText(c)) || '{}')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('Payload validation error: an object was expected.')
  }
  return value as Body
}

/** Auth0 names no limit; an Action's code, the largest thing that is sent, has 100 kB. */
const MAX_BODY_BYTES = 1_000_000

/** The JSON value that the request carries. @throws {ManagementError} 400 for what is no JSON */
export async function jsonValue(c: Context): Promise<unknown> {
  return json(c)
}

async function json(c: Context): Promise<unknown> {
  return parsed(await bodyText(c))
}

async function bodyText(c: Context): Promise<string> {
  const text = await boundedText(c.req.raw, MAX_BODY_BYTES)
  if (text !== undefined) return text
  throw new ManagementError(413, `The payload is larger than ${MAX_BODY_BYTES} bytes.`, 'payload_too_large')
}

function parsed(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badRequest('Payload is not valid JSON.')
  }
  if (isDeeperThan(value, MAX_DEPTH)) {
    throw badRequest(`Payload validation error: nested more than ${MAX_DEPTH} levels deep.`)
  }
  return value
}

export function requiredString(body: Body, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && value !== '') return value
  throw badRequest(`Payload validation error: 'Missing required property: ${name}'.`)
}

export function onlyFields(body: Body, known: readonly string[], what = ''): void {
  const unknown = Object.keys(body).filter((key) => !known.includes(key))
  if (unknown.length === 0) return
  throw badRequest(
    `Payload validation error: 'Additional properties not allowed: ${unknown.join(',')}'${what === '' ? '' : ` on ${what}`}.`,
  )
}

/** Fields that Auth0 has, each of its type. @throws {ManagementError} 400 */
export function assertFields(body: Body, known: readonly string[]): void {
  onlyFields(body, known)
  const unfit = unfitField(body)
  if (unfit === undefined) return
  throw badRequest(`Payload validation error: 'Expected type ${unfit.expected}' on property ${unfit.name}.`)
}

/** A new entity's fields: `null` counts as not sent. The one field that Auth0 shows as `null` keeps it. */
export function newFields(body: Body, known: readonly string[]): Body {
  assertFields(body, known)
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => value !== null || name === 'token_endpoint_auth_method'),
  )
}

export function listOf(body: Body, name: string): Body[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'object' || item === null)) {
    throw badRequest(`Payload validation error: 'Expected type array of objects' on property ${name}.`)
  }
  return value as Body[]
}

/**
 * Puts the fields of a PATCH into an entity: `null` takes a field away, and objects are merged member by member, except
 * those that are named as replaced.
 */
export function patchInto(target: Body, body: Body, replaced: readonly string[] = []): void {
  for (const [key, value] of Object.entries(body)) {
    const before = Object.hasOwn(target, key) ? target[key] : undefined
    if (value === null) delete target[key]
    else if (isObject(value) && !replaced.includes(key)) {
      const merged = isObject(before) ? { ...before } : {}
      patchInto(merged, value)
      setOwn(target, key, merged)
    } else if (value !== undefined) setOwn(target, key, value)
  }
}

/** The same, of a copy. */
export function patched(entity: Body, body: Body, replaced: readonly string[] = []): Body {
  const copy = { ...entity }
  patchInto(copy, body, replaced)
  return copy
}
