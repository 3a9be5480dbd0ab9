import type { TransactionApi } from '../../action/index.ts'
import { setOwn } from '../../json.ts'
import { assertScopeCount, bytesOf, scopeOf } from './arguments.ts'
import type { Recorder } from './recorder.ts'

const MAX_KEY = 64
const MAX_VALUE = 8 * 1024
const MAX_TOTAL = 16 * 1024

/** Flows in which target scopes change nothing: SAML and WS-Fed, a push to a device, and the legacy ones. */
const WITHOUT_TARGET_SCOPES: ReadonlySet<unknown> = new Set([
  ...['samlp', 'wsfed', 'wstrust-usernamemixed', 'oidc-ciba'],
  ...['oauth2-resource-owner', 'oauth2-resource-owner-jwt-bearer', 'oauth2-access-token'],
])

export class Transaction implements TransactionApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  setMetadata(key: string, value: string | number | boolean | null): void {
    this.#recorder.call('transaction.setMetadata', [key, value], () => {
      if (typeof key !== 'string' || key === '')
        throw new TypeError('The metadata key must be a non-empty string.')
      if (key.length > MAX_KEY)
        throw new Error(`The metadata key exceeds the maximum of ${MAX_KEY} characters.`)
      const current = this.#recorder.live.transactionMetadata ?? this.#recorder.event.transaction?.metadata
      const metadata = { ...current }
      if (value === null) {
        delete metadata[key]
      } else {
        if (!['string', 'number', 'boolean'].includes(typeof value)) {
          throw new TypeError('The metadata value must be a string, a number, a boolean or null.')
        }
        if (
          typeof value === 'number' &&
          (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
        ) {
          throw new Error('The metadata value must be a finite number and, as an integer, a safe one.')
        }
        if (bytesOf(String(value)) > MAX_VALUE)
          throw new Error('The metadata value exceeds the maximum of 8 KB.')
        setOwn(metadata, key, value)
        if (bytesOf(JSON.stringify(metadata)) > MAX_TOTAL) {
          throw new Error('The transaction metadata exceeds the maximum of 16 KB.')
        }
      }
      this.#recorder.live.transactionMetadata = metadata
      this.#recorder.event.transaction = { ...this.#recorder.event.transaction, metadata: { ...metadata } }
    })
  }

  addTargetScope(scope: string): void {
    this.#recorder.call('transaction.addTargetScope', [scope], () => {
      this.#write([...this.#scopes(), scopeOf(scope)])
    })
  }

  removeTargetScope(scope: string): void {
    this.#recorder.call('transaction.removeTargetScope', [scope], () => {
      const removed = scopeOf(scope)
      this.#write(this.#scopes().filter((current) => current !== removed))
    })
  }

  setTargetScopes(scopes: string[]): void {
    this.#recorder.call('transaction.setTargetScopes', [scopes], () => {
      if (!Array.isArray(scopes)) throw new TypeError('The value for scopes must be an array.')
      this.#write(scopes.map(scopeOf))
    })
  }

  clearTargetScopes(): void {
    this.#recorder.call('transaction.clearTargetScopes', [], () => this.#write([]))
  }

  #scopes(): readonly string[] {
    const { live, event } = this.#recorder
    return live.targetScopes ?? event.transaction?.target_scopes ?? event.transaction?.requested_scopes ?? []
  }

  #write(scopes: readonly string[]): void {
    if (this.#recorder.options.facts.targetScopes === false) throw new Error('Method not implemented.')
    const { event } = this.#recorder
    const protocol = event.transaction?.protocol
    if (protocol === 'oauth2-token-exchange-federated-connection') {
      throw new Error('Target scopes cannot be changed in a federated connection exchange.')
    }
    const unique = [...new Set(scopes)]
    assertScopeCount(unique.length)
    if (WITHOUT_TARGET_SCOPES.has(protocol)) return
    this.#recorder.live.targetScopes = unique
    event.transaction = { metadata: {}, ...event.transaction, target_scopes: [...unique] }
  }
}
