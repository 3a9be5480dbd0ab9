import { join } from 'node:path'
import ts from 'typescript-5'
import { describe, expect, it } from 'vitest'
import { credentialsExchange, postLogin, type Trigger } from '../../lib/triggers/index.ts'
import type { Shape } from '../../lib/triggers/shape.ts'
import { methodsByPath } from '../../lib/triggers/trigger.ts'

const file = join(import.meta.dirname, '../../lib/action/index.ts')
const program = ts.createProgram([file], {
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ES2022,
  exactOptionalPropertyTypes: true,
})
const checker = program.getTypeChecker()
const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
const typeOf = (name: string) => {
  const symbol = checker.getExportsOfModule(module).find((one) => one.name === name)!
  return checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(symbol))
}

/** Without `undefined`, and without `null`. */
const bare = (type: ts.Type) => checker.getNonNullableType(type)
const propertiesOf = (type: ts.Type) =>
  checker.getPropertiesOfType(bare(type)).map((property) => ({
    name: property.name,
    optional: (property.flags & ts.SymbolFlags.Optional) !== 0,
    type: checker.getTypeOfSymbol(property),
  }))

/** Where the types and the shape say different things. */
function differences(type: ts.Type, shape: Shape, path: string): string[] {
  const own = bare(type)
  if (shape.kind === 'list') {
    const element = checker.getIndexTypeOfType(own, ts.IndexKind.Number)
    return element === undefined ? [`${path} is no list`] : differences(element, shape.each!, `${path}[]`)
  }
  if (shape.kind === 'leaf') return leafDifferences(own, shape, path)
  if (shape.kind !== 'object') {
    return propertiesOf(own).map(({ name }) => `${path}.${name} is in the types only`)
  }
  const properties = propertiesOf(own)
  const named = new Set(properties.map(({ name }) => name))
  return [
    ...Object.keys(shape.members!)
      .filter((name) => !named.has(name))
      .map((name) => `${path}.${name} is in the shape only`),
    ...properties.flatMap(({ name, optional, type }) => {
      const member = Object.hasOwn(shape.members!, name) ? shape.members![name]! : undefined
      if (member === undefined) return shape.open === true ? [] : [`${path}.${name} is in the types only`]
      const guarded = optional === (member.missing !== 'no') || member.kind === 'free'
      const found = differences(type, member, `${path}.${name}`)
      return guarded ? found : [`${path}.${name} may be missing in one only`, ...found]
    }),
  ]
}

function leafDifferences(type: ts.Type, shape: Shape, path: string): string[] {
  if (shape.type === undefined) return []
  const parts = type.isUnion() ? type.types : [type]
  const values = parts.flatMap((one) => (one.isStringLiteral() ? [one.value] : []))
  if (shape.values !== undefined || values.length > 0) {
    return [...(shape.values ?? [])].sort().join() === values.sort().join()
      ? []
      : [`${path} takes other values`]
  }
  const name = shape.type === 'integer' ? 'number' : shape.type
  return checker.typeToString(type) === name ? [] : [`${path} is no ${name}`]
}

/** What the check knows from pages and code beside the reference, which the types follow; and what nobody is to read. */
const OF_POST_LOGIN = [
  'event.authentication.methods[].url is in the shape only',
  'event.authentication.riskAssessment.assessments.PhoneNumber is in the shape only',
  'event.client.authentication is in the shape only',
  'event.client.external_client_id is in the shape only',
  'event.client.external_metadata_type is in the shape only',
  'event.configuration may be missing in one only',
  'event.refresh_token.session_transfer.parent_refresh_token.metadata is in the shape only',
  'event.user.identities[].userId is in the shape only',
  'event.user.identities[].accessToken is in the shape only',
]

const OF_CREDENTIALS_EXCHANGE = [
  'event.client.authentication is in the shape only',
  'event.configuration may be missing in one only',
]

const TYPED: [trigger: Trigger, name: string, onPurpose: readonly string[]][] = [
  [postLogin, 'PostLogin', OF_POST_LOGIN],
  [credentialsExchange, 'CredentialsExchange', OF_CREDENTIALS_EXCHANGE],
]

describe.each(TYPED)('the types of $id', (trigger, prefix, onPurpose) => {
  it('say of the event what its shape says', () => {
    expect(differences(typeOf(`${prefix}Event`), trigger.eventShape, 'event')).toEqual(onPurpose)
  })

  it('have the methods of the api, with the same parameters and what they return', () => {
    const apiName = `${prefix}Api`
    const typed = propertiesOf(typeOf(apiName)).flatMap(({ name: area, type }) =>
      propertiesOf(type).map(({ name, type }) => {
        const [signature] = type.getCallSignatures()
        const parameters = signature!.getParameters().map((parameter) => {
          const { valueDeclaration } = parameter
          const optional = ts.isParameter(valueDeclaration!) && valueDeclaration.questionToken !== undefined
          return `${parameter.name}${optional ? '?' : ''}`
        })
        const returned = checker.typeToString(signature!.getReturnType())
        const returns =
          returned === 'void'
            ? 'nothing'
            : returned === 'this' || returned.startsWith(apiName)
              ? 'api'
              : 'value'
        return [`${area}.${name}`, parameters, returns]
      }),
    )
    const table = [...methodsByPath(trigger)].map(([path, { parameters, returns }]) => [
      path,
      parameters,
      // Auth0's types say nothing, its code the api.
      returns === 'unclear' ? 'nothing' : returns,
    ])
    expect(Object.fromEntries(typed.map(([path, ...rest]) => [path, rest]))).toEqual(
      Object.fromEntries(table.map(([path, ...rest]) => [path, rest])),
    )
  })
})
