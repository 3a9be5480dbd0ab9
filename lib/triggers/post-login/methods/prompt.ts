import { utf8Bytes } from '../../../claims/size.ts'
import { assertShape, map, members, text } from '../../argument-shape.ts'
import { isRecord } from '../../arguments.ts'
import type { Area } from '../method.ts'

const MAX_PROMPT_ID = 48
const MAX_MEMBERS = 24
/** Bytes of JSON. */
const MAX_OPTIONS = 24 * 1024
const OPTIONS = members({
  fields: map(MAX_MEMBERS, /^[a-zA-Z_][a-zA-Z0-9_]{0,49}$/),
  vars: map(MAX_MEMBERS),
})

export const prompt: Area = {
  render: {
    returns: 'nothing',
    parameters: ['promptId', 'options?'],
    suspends: 'form',
    // As Auth0's code does: whatever is not true counts as no options.
    record: (promptId, options) => [promptId, options || {}],
    run({ own }, promptId, given) {
      if (own.suspension?.form !== undefined) throw new Error('Only 1 render command per action is allowed.')
      if (own.suspension !== undefined) {
        throw new Error('Redirect and render commands cannot be used in the same action.')
      }
      const options = given || {}
      assertShape({ promptId: [promptId, text(MAX_PROMPT_ID)], promptOptions: [options, OPTIONS] }, [
        'promptId',
      ])
      if (utf8Bytes(JSON.stringify(options)) > MAX_OPTIONS) {
        throw new Error(`The total size of the prompt options exceeds the limit of ${MAX_OPTIONS} bytes.`)
      }
    },
    apply(state, { call }, id, options) {
      state.suspension = { call, form: { ...(isRecord(options) && options), id: String(id) } }
    },
  },
}
