import type { RefreshTokenApi } from '../../action/index.ts'
import { assertMaxLength, assertString } from './arguments.ts'
import { changedMetadata, refreshTokenMetadataOf } from './metadata.ts'
import type { Recorder } from './recorder.ts'
import { assertExpiry } from './session.ts'

export class RefreshToken implements RefreshTokenApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  revoke(reason: string): void {
    this.#recorder.call('refreshToken.revoke', [reason], () => {
      assertString('reason', reason)
      assertMaxLength('reason', reason, 1024)
      if (this.#recorder.event.transaction?.protocol !== 'oauth2-refresh-token') {
        throw new Error('Cannot revoke a refresh token outside of a refresh token exchange.')
      }
    })
  }

  setExpiresAt(absolute: number): void {
    this.#recorder.call('refreshToken.setExpiresAt', [absolute], () => {
      this.#refuseOnline('setExpiresAt')
      assertExpiry(absolute)
    })
  }

  setIdleExpiresAt(idle: number): void {
    this.#recorder.call('refreshToken.setIdleExpiresAt', [idle], () => {
      this.#refuseOnline('setIdleExpiresAt')
      assertExpiry(idle)
    })
  }

  setMetadata(key: string, value: string | null): void {
    this.#recorder.call('refreshToken.setMetadata', [key, value], () => {
      this.#refuseOnline('setMetadata')
      this.#write(changedMetadata('refresh token', refreshTokenMetadataOf(this.#recorder), key, value))
    })
  }

  deleteMetadata(key: string): void {
    this.#recorder.call('refreshToken.deleteMetadata', [key], () => {
      this.#refuseOnline('deleteMetadata')
      this.#write(changedMetadata('refresh token', refreshTokenMetadataOf(this.#recorder), key, null))
    })
  }

  evictMetadata(): void {
    this.#recorder.call('refreshToken.evictMetadata', [], () => {
      this.#refuseOnline('evictMetadata')
      this.#write({})
    })
  }

  #refuseOnline(method: string): void {
    if (this.#recorder.event.refresh_token?.access === 'online') {
      throw new Error(`Cannot call ${method} on an online refresh token.`)
    }
  }

  // Before the token exists its metadata is kept, and `event.refresh_token` stays absent.
  #write(metadata: Record<string, string>): void {
    this.#recorder.live.refreshTokenMetadata = metadata
    const { refresh_token } = this.#recorder.event
    if (refresh_token !== undefined) refresh_token.metadata = { ...metadata }
  }
}
