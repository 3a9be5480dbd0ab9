import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import schema from '../../schemas/tenant.local.schema.json' with { type: 'json' }
import { ToolkitError } from '../errors.ts'
import type { LocalFile } from './types.ts'
import type { YamlFile } from './yaml-file.ts'

const validate = new Ajv2020({ allErrors: false, strict: true, verbose: true }).compile<Partial<LocalFile>>(
  schema,
)

/**
 * Checks tenant.local.yaml against `schemas/tenant.local.schema.json`. No value of the file reaches a message, nor a key that is not known.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the line at fault.
 */
export function localFile(yaml: YamlFile): LocalFile {
  // A file of comments only, as a skeleton is at first, is empty.
  const value: unknown = yaml.value ?? {}
  if (validate(value)) {
    const local = { ...value, users: value.users ?? [] }
    checkMembers(yaml, local)
    return local
  }
  const fault = validate.errors![0]!
  const path = fault.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const extra = fault.params['additionalProperty'] as string | undefined
  fail(
    yaml,
    extra === undefined ? path : [...path, extra],
    // A key that is not known may be a value that lost its place.
    extra === undefined
      ? (fault.message ?? 'is not valid')
      : `has a key that is not known; known are ${knownKeys(fault).join(', ')}`,
    path,
  )
}

function knownKeys({ parentSchema }: ErrorObject): string[] {
  return Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {})
}

function checkMembers(yaml: YamlFile, local: LocalFile): void {
  const emails = new Map<string, number>()
  for (const [index, { email }] of local.users.entries()) {
    if (emails.has(email.toLowerCase()))
      fail(yaml, ['users', index, 'email'], 'is the address of another user as well')
    emails.set(email.toLowerCase(), index)
  }
  for (const [index, organization] of (local.organizations ?? []).entries()) {
    for (const [i, { user }] of organization.members.entries()) {
      if (emails.has(user.toLowerCase())) continue
      fail(yaml, ['organizations', index, 'members', i, 'user'], 'is not the address of one of "users"')
    }
  }
}

function fail(
  yaml: YamlFile,
  path: readonly (string | number)[],
  message: string,
  shown: readonly (string | number)[] = path,
): never {
  const { file, line, column } = yaml.positionOf(path)
  throw new ToolkitError('ERR_INPUT', `"${file}": ${shown.join('.') || 'the file'} ${message}`, {
    file,
    line,
    column,
    hint: 'The format is described in schemas/tenant.local.schema.json.',
  })
}
