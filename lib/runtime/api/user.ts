import { assertString, bytesOf } from './arguments.ts'
import type { Recorder } from './recorder.ts'

// Per session, for each of the two.
const MAX_BYTES = 32_000

export class User {
  readonly #recorder: Recorder
  readonly #api: object
  readonly #written: Record<string, Record<string, unknown>> = { user_metadata: {}, app_metadata: {} }
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  setAppMetadata(key: string, value: unknown): object {
    this.#recorder.call('user.setAppMetadata', [key, value], () => {
      // Auth0's message for app_metadata ends without a full stop.
      this.#check('app_metadata', 'Unexpected app_metadata format. Must be a valid JSON object', key, value)
    })
    return this.#api
  }

  setUserMetadata(key: string, value: unknown): object {
    this.#recorder.call('user.setUserMetadata', [key, value], () => {
      this.#check(
        'user_metadata',
        'Unexpected user_metadata format. Must be a valid JSON object.',
        key,
        value,
      )
    })
    return this.#api
  }

  #check(part: 'app_metadata' | 'user_metadata', message: string, key: unknown, value: unknown): void {
    const current: unknown = this.#recorder.event.user[part]
    if (typeof current !== 'object' || current === null || Array.isArray(current)) throw new Error(message)
    assertString('key', key)
    if (/[.$]/.test(key)) throw new Error(`The ${part} key must not contain "." or "$".`)
    const written = { ...this.#written[part], [key]: value }
    if (bytesOf(JSON.stringify(written)) > MAX_BYTES)
      throw new Error(`The ${part} exceeds the maximum of 32 kB.`)
    this.#written[part] = written
  }
}
