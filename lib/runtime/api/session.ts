import type { SessionApi } from '../../action/index.ts'
import { assertObject, assertString } from './arguments.ts'
import { changedMetadata, sessionMetadataOf } from './metadata.ts'
import type { Recorder } from './recorder.ts'

const NO_EXPIRY = 'Either inactivity or absolute expiration time must be provided'

export function assertExpiry(value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value === 0) throw new Error(NO_EXPIRY)
}

export class Session implements SessionApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  revoke(reason: string, options: { preserveRefreshTokens?: boolean } = {}): void {
    this.#recorder.call('session.revoke', [reason, options], () => {
      assertString('reason', reason)
      assertObject('options', options)
      for (const key of Object.keys(options)) {
        if (key !== 'preserveRefreshTokens') throw new Error(`The option "${key}" is not allowed.`)
      }
      if (this.#recorder.event.session?.id === undefined) {
        throw new Error('Cannot revoke a session that does not exist.')
      }
    })
  }

  setExpiresAt(absolute: number): void {
    this.#recorder.call('session.setExpiresAt', [absolute], () => assertExpiry(absolute))
  }

  setIdleExpiresAt(idle: number): void {
    this.#recorder.call('session.setIdleExpiresAt', [idle], () => assertExpiry(idle))
  }

  setCookieMode(mode: 'persistent' | 'non-persistent'): void {
    this.#recorder.call('session.setCookieMode', [mode], () => {
      if (!mode) throw new Error('Cookie mode must be provided')
      if (mode !== 'persistent' && mode !== 'non-persistent') {
        throw new Error(
          `Invalid cookie mode: ${String(mode)}. Valid values are 'persistent' and 'non-persistent'.`,
        )
      }
      const { session } = this.#recorder.event
      if (session?.id === undefined) return
      this.#recorder.live.sessionCookieMode = mode
      session.cookie = { ...session.cookie, mode }
    })
  }

  setMetadata(key: string, value: string | null): void {
    this.#recorder.call('session.setMetadata', [key, value], () => {
      if (this.#recorder.event.session?.id === undefined) {
        throw new Error(
          'Failed to set session metadata: Cannot set metadata on a session that does not exist.',
        )
      }
      this.#write(changedMetadata('session', sessionMetadataOf(this.#recorder), key, value))
    })
  }

  deleteMetadata(key: string): void {
    this.#recorder.call('session.deleteMetadata', [key], () => {
      if (this.#recorder.event.session?.id === undefined) return
      this.#write(changedMetadata('session', sessionMetadataOf(this.#recorder), key, null))
    })
  }

  evictMetadata(): void {
    this.#recorder.call('session.evictMetadata', [], () => {
      if (this.#recorder.event.session?.id !== undefined) this.#write({})
    })
  }

  #write(metadata: Record<string, string>): void {
    this.#recorder.live.sessionMetadata = metadata
    this.#recorder.event.session!.metadata = { ...metadata }
  }
}
