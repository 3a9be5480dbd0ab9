import { assertMaxLength, assertString } from '../../arguments.ts'
import type { Area } from '../method.ts'

export const access: Area = {
  deny: {
    returns: 'api',
    parameters: ['reason'],
    denies: true,
    run: (_, reason) => assertString('reason', reason),
    apply(state, { call }, reason) {
      state.denial ??= { call, reason: String(reason) }
    },
  },
}

export const validation: Area = {
  error: {
    returns: 'api',
    parameters: ['errorCode', 'errorMessage'],
    run(_, errorCode, errorMessage) {
      assertString('errorCode', errorCode)
      assertMaxLength('errorCode', errorCode, 100)
      assertString('errorMessage', errorMessage)
      assertMaxLength('errorMessage', errorMessage, 100)
    },
    apply(state, { call }, code, message) {
      state.denial ??= { call, reason: String(message), code: String(code) }
    },
  },
}
