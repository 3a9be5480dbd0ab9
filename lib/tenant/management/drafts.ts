/** What can be changed of an Action, as a body gives it. */

import type { ActionDraft } from '../entities.ts'
import { ACTION_LIMITS } from './action-limits.ts'
import { type Body, listOf, onlyFields, requiredString } from './body.ts'
import { badRequest } from './errors.ts'

export function draftOf(body: Body, before: ActionDraft | undefined, now: string): ActionDraft {
  const code = body['code'] ?? before?.code ?? ''
  if (typeof code !== 'string')
    throw badRequest(`Payload validation error: 'Expected type string' on property code.`)
  if (Buffer.byteLength(code) > ACTION_LIMITS.codeBytes) {
    throw badRequest(`The code is larger than ${ACTION_LIMITS.codeBytes} bytes.`, 'code_too_large')
  }
  const runtime = body['runtime'] ?? before?.runtime ?? 'node22'
  if (typeof runtime !== 'string' || !/^node(12|16|18|20|22)(-actions)?$/.test(runtime)) {
    throw badRequest(`The runtime "${String(runtime)}" is not known.`)
  }
  const modules = listOf(body, 'modules') ?? before?.modules
  if ((modules?.length ?? 0) > ACTION_LIMITS.modules) throw badRequest('An action uses at most 3 modules.')
  return {
    code,
    runtime,
    dependencies: dependenciesOf(body, before?.dependencies),
    secrets: secretsOf(body, before?.secrets, now),
    ...(modules === undefined ? {} : { modules: structuredClone(modules) }),
  }
}

export function dependenciesOf(
  body: Body,
  before: ActionDraft['dependencies'] = [],
): ActionDraft['dependencies'] {
  const list = listOf(body, 'dependencies')
  if (list === undefined) return before
  if (list.length > ACTION_LIMITS.dependencies) {
    throw badRequest(
      `At most ${ACTION_LIMITS.dependencies} dependencies are allowed.`,
      'too_many_dependencies',
    )
  }
  return list.map((entry) => {
    onlyFields(entry, ['name', 'version', 'registry_url'], 'dependencies')
    return { name: requiredString(entry, 'name'), version: String(entry['version'] ?? 'latest') }
  })
}

/** A list that is given replaces the old one; an entry without a value keeps the value it had. */
export function secretsOf(
  body: Body,
  before: ActionDraft['secrets'] = [],
  now: string,
): ActionDraft['secrets'] {
  const list = listOf(body, 'secrets')
  if (list === undefined) return before
  if (list.length > ACTION_LIMITS.secrets) {
    throw badRequest(`At most ${ACTION_LIMITS.secrets} secrets are allowed.`, 'too_many_secrets')
  }
  return list.map((entry) => {
    onlyFields(entry, ['name', 'value', 'updated_at'], 'secrets')
    const name = requiredString(entry, 'name')
    if (name.length > ACTION_LIMITS.secretNameCharacters) {
      throw badRequest(`The name of a secret has at most ${ACTION_LIMITS.secretNameCharacters} characters.`)
    }
    const known = before.find((secret) => secret.name === name)
    const value = entry['value']
    if (value === undefined || value === null) {
      if (known === undefined) throw badRequest(`The secret "${name}" is new and has no value.`)
      return known
    }
    if (typeof value !== 'string') throw badRequest(`The value of the secret "${name}" must be a string.`)
    if (value.length > ACTION_LIMITS.secretValueCharacters) {
      throw badRequest(
        `The value of the secret "${name}" is longer than ${ACTION_LIMITS.secretValueCharacters} characters.`,
      )
    }
    return known?.value === value ? known : { name, value, updated_at: now }
  })
}

export function copyOf({ code, runtime, dependencies, secrets, modules }: ActionDraft): ActionDraft {
  return structuredClone({
    code,
    runtime,
    dependencies,
    secrets,
    ...(modules === undefined ? {} : { modules }),
  })
}
