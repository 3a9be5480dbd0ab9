import type { Context } from 'hono'
import { badRequest } from './errors.ts'

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

async function json(c: Context): Promise<unknown> {
  try {
    return await c.req.json()
  } catch {
    throw badRequest('Payload is not valid JSON.')
  }
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

export function listOf(body: Body, name: string): Body[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'object' || item === null)) {
    throw badRequest(`Payload validation error: 'Expected type array of objects' on property ${name}.`)
  }
  return value as Body[]
}

/** Puts the fields of a PATCH into an entity: `null` takes a field away, objects are replaced as a whole. */
export function patchInto(target: Record<string, unknown>, body: Body): void {
  for (const [key, value] of Object.entries(body)) {
    if (value === null) delete target[key]
    else if (value !== undefined) target[key] = value
  }
}
