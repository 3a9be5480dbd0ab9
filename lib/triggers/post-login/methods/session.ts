import { assertShape, flag, members, text } from '../../argument-shape.ts'
import { isRecord, reasonOf } from '../../arguments.ts'
import type { LoginState } from '../../login-state.ts'
import type { PostLoginEvent } from '../event.ts'
import { earlier, expiry } from '../expiry.ts'
import { changedMetadata, keyOf, named } from '../metadata.ts'
import type { Area } from '../method.ts'

const REVOKE_OPTIONS = members({ preserveRefreshTokens: flag })

const NEEDS = {
  part: 'session',
  lacking: 'where there is no session: at a password grant, and at most refreshes',
  situation: 'refresh',
} as const

export const session: Area = {
  revoke: {
    returns: 'nothing',
    parameters: ['reason', 'options?'],
    needs: NEEDS,
    run({ event }, reason, options) {
      assertShape({ message: [reason, text()], options: [options, REVOKE_OPTIONS] })
      if (!exists(event)) throw new Error('Cannot revoke a session that does not exist.')
    },
    apply(state, { call }, reason, options) {
      const text = reasonOf(reason)
      const revoked = {
        reason: text,
        preserveRefreshTokens: isRecord(options) && options['preserveRefreshTokens'] === true,
      }
      state.session = { ...state.session, revoked }
      state.denial ??= { call, reason: text }
    },
  },
  setExpiresAt: expiry('absolute', (state, time) => {
    state.session = earlier(state.session, 'expiresAt', time)
  }),
  setIdleExpiresAt: expiry('idle', (state, time) => {
    state.session = earlier(state.session, 'idleExpiresAt', time)
  }),
  setCookieMode: {
    returns: 'nothing',
    parameters: ['mode'],
    changesEvent: true,
    run(_, mode) {
      if (!mode) throw new Error('Cookie mode must be provided')
      if (!isCookieMode(mode)) {
        throw new Error(
          `Invalid cookie mode: ${String(mode)}. Valid values are 'persistent' and 'non-persistent'.`,
        )
      }
    },
    apply(state, { event }, mode) {
      if (exists(event) && isCookieMode(mode)) state.session = { ...state.session, cookieMode: mode }
    },
  },
  setMetadata: {
    returns: 'nothing',
    parameters: ['key', 'value'],
    changesEvent: true,
    needs: NEEDS,
    run({ own, event }, key, value) {
      named('session', () => {
        if (!exists(event)) throw new Error('Cannot set metadata on a session that does not exist.')
        changedMetadata(metadataOf(own, event), key, value)
      })
    },
    apply(state, { event }, key, value) {
      if (exists(event)) write(state, event, key, value)
    },
  },
  deleteMetadata: {
    returns: 'nothing',
    parameters: ['key'],
    changesEvent: true,
    record: (key) => [keyOf(key)],
    apply(state, { event }, key) {
      if (exists(event)) write(state, event, key, null)
    },
  },
  evictMetadata: {
    returns: 'nothing',
    parameters: [],
    changesEvent: true,
    apply(state, { event }) {
      if (exists(event)) state.session = { ...state.session, metadata: {} }
    },
  },
}

function exists({ session }: PostLoginEvent): boolean {
  return session?.id !== undefined
}

function isCookieMode(mode: unknown): mode is 'persistent' | 'non-persistent' {
  return mode === 'persistent' || mode === 'non-persistent'
}

function metadataOf({ session }: LoginState, event: PostLoginEvent): Record<string, string> {
  return session?.metadata ?? { ...event.session?.metadata }
}

function write(state: LoginState, event: PostLoginEvent, key: unknown, value: unknown): void {
  state.session = {
    ...state.session,
    metadata: changedMetadata(metadataOf(state, event), key, value),
  }
}
