import { utf8Bytes } from '../../../claims/size.ts'
import { setOwn } from '../../../json.ts'
import type { LoginState } from '../../login-state.ts'
import { targetScopeMethods } from '../../shared/target-scopes.ts'
import type { PostLoginEvent } from '../event.ts'
import { takesTargetScopes } from '../flows.ts'
import type { Area } from '../method.ts'

const MAX_KEY = 64
const MAX_VALUE = 8 * 1024
const MAX_TOTAL = 16 * 1024

type Metadata = NonNullable<LoginState['transactionMetadata']>

export const transaction: Area = {
  setMetadata: {
    returns: 'nothing',
    parameters: ['key', 'value'],
    changesEvent: true,
    run({ own, event }, key, value) {
      if (typeof key !== 'string' || key === '')
        throw new TypeError('The metadata key must be a non-empty string.')
      if (key.length > MAX_KEY)
        throw new Error(`The metadata key exceeds the maximum of ${MAX_KEY} characters.`)
      if (value === null) return
      if (!isMetadataValue(value)) {
        throw new TypeError('The metadata value must be a string, a number, a boolean or null.')
      }
      if (
        typeof value === 'number' &&
        (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      ) {
        throw new Error('The metadata value must be a finite number and, as an integer, a safe one.')
      }
      if (utf8Bytes(String(value)) > MAX_VALUE)
        throw new Error('The metadata value exceeds the maximum of 8 KB.')
      if (utf8Bytes(JSON.stringify(changed(own, event, key, value))) > MAX_TOTAL) {
        throw new Error('The transaction metadata exceeds the maximum of 16 KB.')
      }
    },
    apply(state, { event }, key, value) {
      if (value !== null && !isMetadataValue(value)) return
      state.transactionMetadata = changed(state, event, String(key), value)
    },
  },
  ...targetScopeMethods<PostLoginEvent>({
    start: ({ transaction }) => transaction?.requested_scopes ?? [],
    taken: takesTargetScopes,
    assertPossible({ facts, event: { transaction } }) {
      if (facts.targetScopes === false) throw new Error('Method not implemented.')
      if (transaction?.protocol === 'oauth2-token-exchange-federated-connection') {
        throw new Error('Target scopes cannot be changed in a federated connection exchange.')
      }
    },
  }),
}

function isMetadataValue(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function changed(
  { transactionMetadata }: LoginState,
  { transaction }: PostLoginEvent,
  key: string,
  value: Metadata[string] | null,
): Metadata {
  const metadata = { ...(transactionMetadata ?? transaction?.metadata) }
  if (value === null) delete metadata[key]
  else setOwn(metadata, key, value)
  return metadata
}
