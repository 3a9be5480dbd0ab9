import { assertScopeCount, assertString, scopeOf } from './arguments.ts'
import type { Recorder } from './recorder.ts'

export class IdToken {
  readonly #recorder: Recorder
  readonly #api: object
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  setCustomClaim(name: string, value: unknown): object {
    this.#recorder.call('idToken.setCustomClaim', [name, value], () => checkName(name))
    return this.#api
  }
}

export class AccessToken {
  readonly #recorder: Recorder
  readonly #api: object
  readonly #added = new Set<string>()
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  setCustomClaim(name: string, value: unknown): object {
    this.#recorder.call('accessToken.setCustomClaim', [name, value], () => checkName(name))
    return this.#api
  }

  addScope(scope: string): void {
    this.#recorder.call('accessToken.addScope', [scope], () => {
      const added = scopeOf(scope)
      assertScopeCount(this.#added.has(added) ? this.#added.size : this.#added.size + 1)
      this.#added.add(added)
    })
  }

  removeScope(scope: string): void {
    this.#recorder.call('accessToken.removeScope', [scope], () => {
      this.#added.delete(scopeOf(scope))
    })
  }
}

// Every other name is taken here and decided about when the token is built.
function checkName(name: unknown): void {
  if (name === 'scope') throw new Error('The "scope" claim cannot be set.')
  assertString('name', name)
}
