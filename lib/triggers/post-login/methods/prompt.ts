import { utf8Bytes } from '../../../claims/size.ts'
import { assertMaxLength, assertObject, assertOneOf, assertString, isRecord } from '../../arguments.ts'
import type { Area } from '../method.ts'

const MAX_PROMPT_ID = 48
const MAX_MEMBERS = 24
const MAX_OPTIONS = 24 * 1024

export const prompt: Area = {
  render: {
    returns: 'nothing',
    parameters: ['promptId', 'options?'],
    suspends: 'form',
    run({ own }, promptId, options) {
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
      for (const name of Object.keys(options['fields'] ?? {})) {
        if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,49}$/.test(name))
          throw new Error('The "fields" option has an invalid key.')
      }
      if (utf8Bytes(JSON.stringify(options)) > MAX_OPTIONS)
        throw new Error('The options exceed the maximum of 24 KiB.')
      if (own.suspension?.form !== undefined) throw new Error('Only 1 render command per action is allowed.')
      if (own.suspension !== undefined) {
        throw new Error('Redirect and render commands cannot be used in the same action.')
      }
    },
    apply(state, { call }, id, options) {
      state.suspension = { call, form: { ...(isRecord(options) && options), id: String(id) } }
    },
  },
}
