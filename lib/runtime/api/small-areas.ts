/** The areas of `api` with one method each. */
import type { MultifactorOptions, PromptApi, RulesApi } from '../../action/index.ts'
import { assertMaxLength, assertObject, assertOneOf, assertString, bytesOf } from './arguments.ts'
import type { Recorder } from './recorder.ts'

export class Access {
  readonly #recorder: Recorder
  readonly #api: object
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  deny(reason: string): object {
    this.#recorder.call('access.deny', [reason], () => assertString('reason', reason))
    return this.#api
  }
}

export class Validation {
  readonly #recorder: Recorder
  readonly #api: object
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  error(errorCode: string, errorMessage: string): object {
    this.#recorder.call('validation.error', [errorCode, errorMessage], () => {
      assertString('errorCode', errorCode)
      assertMaxLength('errorCode', errorCode, 100)
      assertString('errorMessage', errorMessage)
      assertMaxLength('errorMessage', errorMessage, 100)
    })
    return this.#api
  }
}

export class Multifactor {
  readonly #recorder: Recorder
  readonly #api: object
  constructor(recorder: Recorder, api: object) {
    this.#recorder = recorder
    this.#api = api
  }

  enable(provider: string, options: MultifactorOptions = {}): object {
    // Duo's keys are in the options: of those only this one is recorded.
    const remember = options?.allowRememberBrowser
    const recorded = remember === undefined ? [provider] : [provider, { allowRememberBrowser: remember }]
    this.#recorder.call('multifactor.enable', recorded, () => {
      assertOneOf('provider', provider, ['any', 'guardian', 'google-authenticator', 'duo', 'none'])
      assertObject('options', options)
      if (options.providerOptions !== undefined && provider !== 'duo') {
        throw new Error('The "providerOptions" are only supported for the "duo" provider.')
      }
    })
    return this.#api
  }
}

const MAX_PROMPT_ID = 48
const MAX_MEMBERS = 24
const MAX_OPTIONS = 24 * 1024

export class Prompt implements PromptApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  render(
    promptId: string,
    options: { fields?: Record<string, unknown>; vars?: Record<string, unknown> } = {},
  ): void {
    this.#recorder.call('prompt.render', [promptId, options], () => {
      assertString('promptId', promptId)
      assertMaxLength('promptId', promptId, MAX_PROMPT_ID)
      assertObject('options', options)
      for (const [key, members] of Object.entries(options)) {
        assertOneOf('options', key, ['fields', 'vars'])
        if (members === undefined) continue
        assertObject(key, members)
        if (Object.keys(members).length > MAX_MEMBERS) {
          throw new Error(`The "${key}" option exceeds the allowed maximum of ${MAX_MEMBERS} properties.`)
        }
      }
      for (const name of Object.keys(options.fields ?? {})) {
        if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,49}$/.test(name))
          throw new Error('The "fields" option has an invalid key.')
      }
      if (bytesOf(JSON.stringify(options)) > MAX_OPTIONS)
        throw new Error('The options exceed the maximum of 24 KiB.')
      const here = (method: string) =>
        this.#recorder.commands.filter((command) => command.method === method && command.threw === undefined)
          .length
      if (here('prompt.render') > 1) throw new Error('Only 1 render command per action is allowed.')
      if (here('redirect.sendUserTo') > 0) {
        throw new Error('Redirect and render commands cannot be used in the same action.')
      }
    })
  }
}

export class Rules implements RulesApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  wasExecuted(ruleId: string): boolean {
    return this.#recorder.call(
      'rules.wasExecuted',
      [ruleId],
      () => this.#recorder.options.facts.executedRules?.includes(ruleId) ?? false,
    )
  }
}
