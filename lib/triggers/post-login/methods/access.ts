import { assertShape, text } from '../../argument-shape.ts'
import { assertString } from '../../arguments.ts'
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
      const parts = { errorCode: [errorCode, text(100)], errorMessage: [errorMessage, text(100)] } as const
      assertShape(parts, ['errorCode', 'errorMessage'])
    },
    apply(state, { call }, code, message) {
      state.denial ??= { call, reason: String(message), code: String(code) }
    },
  },
}
