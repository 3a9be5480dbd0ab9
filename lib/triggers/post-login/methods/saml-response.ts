import { utf8Bytes } from '../../../claims/size.ts'
import { setOwn } from '../../../json.ts'
import type { Area, PostLoginMethod } from '../method.ts'

type Check = (name: string, value: unknown) => void

const text =
  (max: number): Check =>
  (name, value) => {
    if (typeof value !== 'string') throw new TypeError(`${name}: the value must be a string.`)
    if (value.length > max)
      throw new Error(`${name}: the value exceeds the allowed maximum of ${max} characters.`)
  }
const flag: Check = (name, value) => {
  if (typeof value !== 'boolean') throw new TypeError(`${name}: the value must be a boolean.`)
}
const oneOf =
  (...allowed: string[]): Check =>
  (name, value) => {
    if (!allowed.includes(value as string))
      throw new Error(`${name}: the value must be one of: ${allowed.join(', ')}.`)
  }
const number: Check = (name, value) => {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new TypeError(`${name}: the value must be a number.`)
}
const probes: Check = (name, value) => {
  if (!Array.isArray(value) || value.length > 10)
    throw new TypeError(`${name}: the value must be an array of up to 10.`)
  for (const probe of value) text(512)(name, probe)
}

/** Setters with one argument, and what it must be. */
const SETTERS: Readonly<Record<string, Check>> = {
  setAudience: text(2048),
  setRecipient: text(2048),
  setDestination: text(2048),
  setIssuer: text(512),
  setRelayState: text(512),
  setAuthnContextClassRef: text(512),
  setNameIdentifierFormat: text(512),
  setNameIdentifierProbes: probes,
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
const MAX_ATTRIBUTES = 100
// The documentation's figure; Auth0's own code allows 102,400 bytes.
const MAX_ATTRIBUTES_BYTES = 10_000

// Typed as giving nothing while Auth0's code gives `api`: chaining is left alone.
export const samlResponse: Area = {
  setAttribute: {
    returns: 'unclear',
    parameters: ['attribute', 'value'],
    run({ own }, attribute, value) {
      text(1024)('setAttribute', attribute)
      for (const item of Array.isArray(value) ? value : [value ?? '']) {
        if (!['string', 'number', 'boolean'].includes(typeof item)) {
          throw new TypeError(
            'setAttribute: the value must be a string, a number, a boolean, an array of those or null.',
          )
        }
        text(2048)('setAttribute', String(item))
      }
      const changed: Record<string, unknown> = { ...own.attributes }
      setOwn(changed, attribute as string, value ?? null)
      const entries = Object.entries(changed)
      if (entries.length > MAX_ATTRIBUTES) {
        throw new Error(`setAttribute: at most ${MAX_ATTRIBUTES} attributes can be changed.`)
      }
      const bytes = entries.map(([name, one]) => utf8Bytes(name) + utf8Bytes(JSON.stringify(one)))
      if (bytes.reduce((sum, size) => sum + size, 0) > MAX_ATTRIBUTES_BYTES) {
        throw new Error('setAttribute: the changed attributes exceed the maximum of 10 kB.')
      }
    },
    apply(state, _, attribute, value) {
      state.attributes ??= {}
      setOwn(
        state.attributes,
        String(attribute),
        typeof value === 'object' && !Array.isArray(value) ? null : value,
      )
    },
  },
  ...Object.fromEntries(Object.entries(SETTERS).map(([name, check]) => [name, setter(name, check)])),
}

function setter(name: string, check: Check): PostLoginMethod {
  return {
    returns: 'unclear',
    // `setNameIdentifierFormat` takes the `nameIdentifierFormat`.
    parameters: [`${name[3]!.toLowerCase()}${name.slice(4)}`],
    ...(SECRET.has(name) && { record: () => [] }),
    run: (_, value) => check(name, value),
  }
}
