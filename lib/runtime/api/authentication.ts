import type { ChallengeFactor, EnrollFactor } from '../../action/index.ts'
import { postLogin } from '../../triggers/index.ts'
import { assertObject } from './arguments.ts'
import type { Recorder } from './recorder.ts'

const ENROLL = ['otp', 'push-notification', 'phone', 'webauthn-roaming', 'webauthn-platform', 'recovery-code']
const CHALLENGE = ['email', ...ENROLL]
const COMMANDS = ['challengeWith', 'challengeWithAny', 'enrollWith', 'enrollWithAny']
/** Of the four commands together, in one login. */
const MAX_COMMANDS = 4
const MAX_USER_ID = 128

export class Authentication {
  readonly #recorder: Recorder
  readonly #api: object
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  challengeWith(factor: ChallengeFactor, options: { additionalFactors?: ChallengeFactor[] } = {}): void {
    this.#command('challengeWith', [factor, options], [factor, ...additional(options)], CHALLENGE)
  }

  challengeWithAny(factors: ChallengeFactor[]): void {
    this.#command('challengeWithAny', [factors], factors, CHALLENGE)
  }

  enrollWith(factor: EnrollFactor, options: { additionalFactors?: EnrollFactor[] } = {}): void {
    this.#command('enrollWith', [factor, options], [factor, ...additional(options)], ENROLL)
  }

  enrollWithAny(factors: EnrollFactor[]): void {
    this.#command('enrollWithAny', [factors], factors, ENROLL)
  }

  recordMethod(provider_url: string): object {
    this.#recorder.call('authentication.recordMethod', [provider_url], () => {
      const { resume } = postLogin.handlers
      if (this.#recorder.options.handler !== resume) {
        throw new Error(`recordMethod can only be used in the "${resume}" handler.`)
      }
      const { protocol } = new URL(provider_url)
      if (protocol !== 'https:' && protocol !== 'http:')
        throw new Error('The provider_url must be an http(s) URL.')
    })
    return this.#api
  }

  setPrimaryUser(primary_user_id: string): void {
    this.#recorder.call('authentication.setPrimaryUser', [primary_user_id], () => {
      if (typeof primary_user_id !== 'string' || primary_user_id === '') {
        throw new Error('The provided primary_user_id must be a non-empty string')
      }
      if (primary_user_id.length > MAX_USER_ID) {
        throw new Error('The provided primary_user_id exceeds the maximum length.')
      }
      // The running call is counted as well.
      if (this.#recorder.count('authentication.setPrimaryUser') > 1) {
        throw new Error('The primary user can only be altered once per transaction')
      }
    })
  }

  #command(name: string, args: unknown[], factors: unknown, types: readonly string[]): void {
    this.#recorder.call(`authentication.${name}`, args, () => {
      if (!Array.isArray(factors) || factors.length === 0) {
        throw new TypeError('The "factors" parameter must be a non-empty array.')
      }
      for (const factor of factors) {
        assertObject('factor', factor)
        if (!types.includes(String(factor['type'])) && factor['type'] !== 'push') {
          throw new Error(`The factor type must be one of: ${types.join(', ')}.`)
        }
      }
      const count = COMMANDS.reduce(
        (sum, command) => sum + this.#recorder.count(`authentication.${command}`),
        0,
      )
      if (count > MAX_COMMANDS) {
        throw new Error(`At most ${MAX_COMMANDS} challenge and enrollment commands are allowed in one login.`)
      }
    })
  }
}

function additional(options: { additionalFactors?: unknown[] } | undefined): unknown[] {
  return Array.isArray(options?.additionalFactors) ? options.additionalFactors : []
}
