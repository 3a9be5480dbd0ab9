import { bytesOf } from './arguments.ts'
import type { Recorder } from './recorder.ts'

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

/** Setters of `api.samlResponse` with one argument, and what it must be. */
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

export class SamlResponse {
  readonly #recorder: Recorder
  readonly #attributes = new Map<string, number>()
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  setAttribute(attribute: string, value: unknown): void {
    this.#recorder.call('samlResponse.setAttribute', [attribute, value], () => {
      text(1024)('setAttribute', attribute)
      for (const item of Array.isArray(value) ? value : [value ?? '']) {
        if (!['string', 'number', 'boolean'].includes(typeof item)) {
          throw new TypeError(
            'setAttribute: the value must be a string, a number, a boolean, an array of those or null.',
          )
        }
        text(2048)('setAttribute', String(item))
      }
      const size = bytesOf(attribute) + bytesOf(JSON.stringify(value ?? null))
      const changed = new Map(this.#attributes).set(attribute, size)
      if (changed.size > MAX_ATTRIBUTES) {
        throw new Error(`setAttribute: at most ${MAX_ATTRIBUTES} attributes can be changed.`)
      }
      if ([...changed.values()].reduce((sum, bytes) => sum + bytes, 0) > MAX_ATTRIBUTES_BYTES) {
        throw new Error('setAttribute: the changed attributes exceed the maximum of 10 kB.')
      }
      this.#attributes.set(attribute, size)
    })
  }

  static set(target: SamlResponse, method: string, value: unknown): void {
    target.#recorder.call(`samlResponse.${method}`, SECRET.has(method) ? [] : [value], () =>
      SETTERS[method]!(method, value),
    )
  }
}

for (const method of Object.keys(SETTERS)) {
  Object.defineProperty(SamlResponse.prototype, method, {
    value(this: SamlResponse, value: unknown): void {
      SamlResponse.set(this, method, value)
    },
    configurable: true,
    writable: true,
  })
}
