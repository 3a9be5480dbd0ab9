import { assertObject, assertOneOf, isRecord } from '../../arguments.ts'
import type { LoginState } from '../../login-state.ts'
import type { Area, PostLoginMethod } from '../method.ts'

const ENROLL = ['otp', 'push-notification', 'phone', 'webauthn-roaming', 'webauthn-platform', 'recovery-code']
const CHALLENGE = ['email', ...ENROLL]
/** Of the four commands together, in one login. */
const MAX_COMMANDS = 4
const MAX_USER_ID = 128

/** @param resume name of the only handler that may record a method */
export function authentication(resume: string): Area {
  return {
    recordMethod: {
      returns: 'api',
      parameters: ['provider_url'],
      run({ handler }, provider_url) {
        if (handler !== resume) {
          throw new Error(`recordMethod can only be used in the "${resume}" handler.`)
        }
        const { protocol } = new URL(provider_url as string)
        if (protocol !== 'https:' && protocol !== 'http:')
          throw new Error('The provider_url must be an http(s) URL.')
      },
      apply(state, _, provider_url) {
        state.recordedMethods = [...(state.recordedMethods ?? []), String(provider_url)]
      },
    },
    challengeWith: withFactor(CHALLENGE),
    challengeWithAny: withFactors(CHALLENGE),
    enrollWith: withFactor(ENROLL),
    enrollWithAny: withFactors(ENROLL),
    setPrimaryUser: {
      returns: 'nothing',
      parameters: ['primary_user_id'],
      run({ before, own }, primary_user_id) {
        if (before.primaryUser !== undefined || own.primaryUser !== undefined) {
          throw new Error('The primary user can only be altered once per transaction')
        }
        if (typeof primary_user_id !== 'string' || primary_user_id === '') {
          throw new Error('The provided primary_user_id must be a non-empty string')
        }
        if (primary_user_id.length > MAX_USER_ID) {
          throw new Error('The provided primary_user_id exceeds the maximum length.')
        }
      },
      apply(state, { action }, user_id) {
        state.primaryUser = { user_id: String(user_id), action }
      },
    },
  }
}

export const multifactor: Area = {
  enable: {
    returns: 'api',
    parameters: ['provider', 'options?'],
    // Duo's keys are in the options: of those only this one is recorded.
    record(provider, options) {
      const remember = (options as { allowRememberBrowser?: unknown } | null)?.allowRememberBrowser
      return remember === undefined ? [provider] : [provider, { allowRememberBrowser: remember }]
    },
    // Of the options Auth0's code reads two members, whatever they are.
    run(_, provider, options) {
      assertOneOf('provider', provider, ['any', 'guardian', 'google-authenticator', 'duo', 'none'])
      const { providerOptions } = (options ?? {}) as { providerOptions?: unknown }
      if (providerOptions !== undefined && provider !== 'duo') {
        throw new Error('The "providerOptions" are only supported for the "duo" provider.')
      }
    },
    apply(state, { call }, provider, options) {
      const remember = isRecord(options) ? options['allowRememberBrowser'] : undefined
      state.factors ??= []
      state.factors.push({
        call,
        kind: 'policy',
        provider: String(provider),
        ...(typeof remember === 'boolean' && { allowRememberBrowser: remember }),
      })
    },
  },
}

function withFactor(types: readonly string[]): PostLoginMethod {
  return {
    ...withFactors(types),
    parameters: ['factor', 'options?'],
    run({ before, own }, factor, options) {
      const { additionalFactors } = (options ?? {}) as { additionalFactors?: unknown }
      const additional: unknown[] = Array.isArray(additionalFactors) ? additionalFactors : []
      assertFactors([factor, ...additional], types)
      assertCount(before, own)
    },
  }
}

function withFactors(types: readonly string[]): PostLoginMethod {
  return {
    returns: 'nothing',
    parameters: ['factors'],
    run({ before, own }, factors) {
      assertFactors(factors, types)
      assertCount(before, own)
    },
    apply(state, { call }) {
      state.factors ??= []
      state.factors.push({ call, kind: 'challenge' })
    },
  }
}

function assertFactors(factors: unknown, types: readonly string[]): void {
  if (!Array.isArray(factors) || factors.length === 0) {
    throw new TypeError('The "factors" parameter must be a non-empty array.')
  }
  for (const factor of factors) {
    assertObject('factor', factor)
    if (!types.includes(String(factor['type'])) && factor['type'] !== 'push') {
      throw new Error(`The factor type must be one of: ${types.join(', ')}.`)
    }
  }
}

function assertCount(...states: LoginState[]): void {
  const count = states
    .flatMap(({ factors = [] }) => factors)
    .filter(({ kind }) => kind === 'challenge').length
  if (count >= MAX_COMMANDS) {
    throw new Error(`At most ${MAX_COMMANDS} challenge and enrollment commands are allowed in one login.`)
  }
}
