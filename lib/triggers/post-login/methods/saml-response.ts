import { utf8Bytes } from '../../../claims/size.ts'
import { setOwn } from '../../../json.ts'
import { assertShape, type Check, flag, list, number, oneOf, scalars, text } from '../../argument-shape.ts'
import { isUndefined } from '../../arguments.ts'
import type { Area, PostLoginMethod } from '../method.ts'

/** Setters with one argument, and what the argument must be. `undefined` is accepted and sets nothing. */
const SETTERS: Readonly<Record<string, Check>> = {
  setAudience: text(2048),
  setRecipient: text(2048),
  setDestination: text(2048),
  setIssuer: text(512),
  setRelayState: text(512),
  setAuthnContextClassRef: text(512),
  setNameIdentifierFormat: text(512),
  setNameIdentifierProbes: list(10, text(512)),
  setCert: text(4096),
  setKey: text(4096),
  setSigningCert: text(4096),
  setEncryptionCert: text(4096),
  setEncryptionPublicKey: text(4096),
  setLifetimeInSeconds: number,
  setSignatureAlgorithm: oneOf('rsa-sha256', 'rsa-sha1'),
  setDigestAlgorithm: oneOf('sha256', 'sha1'),
  setEncryptionAlgorithm: oneOf('aes256-gcm', 'aes256-cbc'),
  setCreateUpnClaim: flag,
  setPassthroughClaimsWithNoMapping: flag,
  setMapUnknownClaimsAsIs: flag,
  setMapIdentities: flag,
  setSignResponse: flag,
  setIncludeAttributeNameFormat: flag,
  setTypedAttributes: flag,
}

// Keys and certificates are not recorded: commands are shown to people.
const SECRET = new Set(['setKey', 'setCert', 'setSigningCert'])
/** What `setNameIdentifierFormat()` sets. */
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
const MAX_ATTRIBUTES = 100
// The documentation's figure; Auth0's own code allows 102,400 bytes.
const MAX_ATTRIBUTES_BYTES = 10_000

// Auth0's types return nothing here and its code returns `api`: the check says nothing of chaining.
export const samlResponse: Area = {
  setAttribute: {
    returns: 'unclear',
    parameters: ['attribute', 'value'],
    run({ own }, attribute, given) {
      const value = given ?? null
      assertShape({ attribute: [attribute, text(1024)], value: [value, scalars(2048)] }, ['attribute'])
      const changed: Record<string, unknown> = { ...own.attributes }
      setOwn(changed, attribute as string, value)
      const entries = Object.entries(changed)
      if (entries.length > MAX_ATTRIBUTES) {
        throw new Error(`setAttribute: at most ${MAX_ATTRIBUTES} attributes can be changed.`)
      }
      const bytes = entries.map(([name, one]) => utf8Bytes(name) + utf8Bytes(JSON.stringify(one)))
      if (bytes.reduce((sum, size) => sum + size, 0) > MAX_ATTRIBUTES_BYTES) {
        throw new Error(
          `The total size of the SAML attributes exceeds the limit of ${MAX_ATTRIBUTES_BYTES} bytes.`,
        )
      }
    },
    apply(state, _, attribute, value) {
      state.attributes ??= {}
      setOwn(state.attributes, String(attribute), isUndefined(value) ? null : value)
    },
  },
  ...Object.fromEntries(Object.entries(SETTERS).map(([name, check]) => [name, setter(name, check)])),
}

function setter(method: string, check: Check): PostLoginMethod {
  // `setNameIdentifierFormat` takes the `nameIdentifierFormat`; Auth0 names one of them as SAML does.
  const name = `${method[3]!.toLowerCase()}${method.slice(4)}`
  const shown = method === 'setRelayState' ? 'RelayState' : name
  return {
    returns: 'unclear',
    parameters: [name],
    ...(SECRET.has(method) && { record: () => [] }),
    ...(method === 'setNameIdentifierFormat' && { record: (format = UNSPECIFIED) => [format] }),
    run: (_, value) => assertShape({ [shown]: [value, check] }),
  }
}
