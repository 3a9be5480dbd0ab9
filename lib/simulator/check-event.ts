import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { ToolkitError } from '../errors.ts'
import { postLogin } from '../triggers/index.ts'
import type { SimulatedEvent } from '../triggers/post-login/ordinary-login.ts'

// Compiling takes far longer than checking.
const compiled = new WeakMap<object, ValidateFunction>()

/**
 * Checks that a value from outside is a post-login event by `schemas/post-login-event.schema.json`, which the
 * caller reads. Does not check that its parts fit together.
 *
 * @throws ToolkitError `ERR_INPUT` with the path of the first fault, and no value of the event.
 */
export function assertEvent(value: unknown, schema: object, file: string): asserts value is SimulatedEvent {
  const validate = compiled.get(schema) ?? new Ajv2020({ allErrors: false, strict: false }).compile(schema)
  compiled.set(schema, validate)
  if (validate(value)) return
  const fault = validate.errors?.[0]
  const path = fault?.instancePath === '' ? 'the event' : `"${fault?.instancePath}"`
  throw new ToolkitError('ERR_INPUT', `"${file}" is not a ${postLogin.id} event: ${path} ${fault?.message}`, {
    file,
    hint: `See schemas/${postLogin.id}-event.schema.json; "claims simulate" without --event makes one.`,
  })
}
