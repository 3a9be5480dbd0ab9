import { assertShape, text } from '../../argument-shape.ts'
import { reasonOf } from '../../arguments.ts'
import type { LoginState } from '../../login-state.ts'
import type { PostLoginEvent } from '../event.ts'
import { earlier, expiry } from '../expiry.ts'
import { changedMetadata, keyOf, named } from '../metadata.ts'
import type { Area, PostLoginMethod } from '../method.ts'

export const refreshToken: Area = {
  revoke: {
    returns: 'nothing',
    parameters: ['reason'],
    needs: {
      part: 'refresh_token',
      lacking: 'outside of a refresh: a login has no refresh token yet',
      situation: 'login',
    },
    run({ event }, reason) {
      assertShape({ message: [reason, text(1024)] })
      if (event.transaction?.protocol !== 'oauth2-refresh-token') {
        throw new Error('Cannot revoke a refresh token outside of a refresh token exchange.')
      }
    },
    apply(state, { call }, reason) {
      const text = reasonOf(reason)
      state.refreshToken = { ...state.refreshToken, revoked: { reason: text } }
      state.denial ??= { call, reason: text }
    },
  },
  setExpiresAt: offline(
    'setExpiresAt',
    expiry('absolute', (state, time) => {
      state.refreshToken = earlier(state.refreshToken, 'expiresAt', time)
    }),
  ),
  setIdleExpiresAt: offline(
    'setIdleExpiresAt',
    expiry('idle', (state, time) => {
      state.refreshToken = earlier(state.refreshToken, 'idleExpiresAt', time)
    }),
  ),
  setMetadata: {
    returns: 'nothing',
    parameters: ['key', 'value'],
    changesEvent: true,
    run({ own, before, event }, key, value) {
      named('refresh token', () => {
        assertOffline(event, 'setMetadata')
        changedMetadata(metadataOf(own, event, before), key, value)
      })
    },
    apply(state, { event }, key, value) {
      write(state, event, key, value)
    },
  },
  deleteMetadata: offline('deleteMetadata', {
    returns: 'nothing',
    parameters: ['key'],
    changesEvent: true,
    record: (key) => [keyOf(key)],
    apply: (state, { event }, key) => write(state, event, key, null),
  }),
  evictMetadata: offline('evictMetadata', {
    returns: 'nothing',
    parameters: [],
    changesEvent: true,
    apply(state) {
      state.refreshToken = { ...state.refreshToken, metadata: {} }
    },
  }),
}

/** A method that an online refresh token refuses. */
function offline(name: string, method: PostLoginMethod): PostLoginMethod {
  return {
    ...method,
    run(call, first, second) {
      assertOffline(call.event, name)
      method.run?.(call, first, second)
    },
  }
}

function assertOffline({ refresh_token }: PostLoginEvent, name: string): void {
  if (refresh_token?.access === 'online') {
    throw new Error(`Cannot call ${name} on an online refresh token.`)
  }
}

// Before the token exists its metadata is kept, and `event.refresh_token` stays absent.
function metadataOf(
  { refreshToken }: LoginState,
  { refresh_token }: PostLoginEvent,
  before: LoginState = {},
): Record<string, string> {
  return refreshToken?.metadata ?? before.refreshToken?.metadata ?? { ...refresh_token?.metadata }
}

function write(state: LoginState, event: PostLoginEvent, key: unknown, value: unknown): void {
  const metadata = changedMetadata(metadataOf(state, event), key, value)
  state.refreshToken = { ...state.refreshToken, metadata }
}
