import { base64url } from './encoding.ts'

/**
 * A client's certificate: DER, PEM, or what has the DER as `raw`, as `X509Certificate` and `getPeerCertificate()` of
 * Node have it.
 */
export type ClientCertificate = Uint8Array | string | { raw?: Uint8Array }

/**
 * The SHA-256 thumbprint of a certificate, in base64url; `undefined` when it cannot be read.
 *
 * @see RFC 8705 section 3.1
 */
export async function certificateThumbprint(certificate: unknown): Promise<string | undefined> {
  const der = derOf(certificate)
  if (der === undefined || der.length === 0) return undefined
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', der as Uint8Array<ArrayBuffer>)))
}

function derOf(certificate: unknown): Uint8Array | undefined {
  if (certificate instanceof Uint8Array) return certificate
  if (typeof certificate === 'string') {
    const [, body] = certificate.split('-----BEGIN CERTIFICATE-----', 2)
    if (body?.includes('-----END CERTIFICATE-----') !== true) return undefined
    try {
      const binary = atob(body.split('-----END CERTIFICATE-----', 1)[0]!)
      return Uint8Array.from(binary, (character) => character.charCodeAt(0))
    } catch {
      return undefined
    }
  }
  const { raw } = (certificate ?? {}) as { raw?: unknown }
  return raw instanceof Uint8Array ? raw : undefined
}

/** How a `cnf` claim binds a token. Other members say nothing that counts here (RFC 7800 section 3.1). */
export interface Binding {
  /** Thumbprint of a DPoP key (RFC 9449 section 6.1). */
  jkt?: string
  /** Thumbprint of a certificate (RFC 8705 section 3.1). */
  x5t?: string
}

/** `undefined` when the claim binds to nothing that is known, or its thumbprint is malformed. */
export function bindingOf(cnf: unknown): Binding | undefined {
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return undefined
  const members = cnf as Record<string, unknown>
  const binding: Binding = {}
  for (const [name, ours] of [
    ['jkt', 'jkt'],
    ['x5t#S256', 'x5t'],
  ] as const) {
    if (!Object.hasOwn(members, name)) continue
    const value = members[name]
    if (typeof value !== 'string' || !/^[\w-]{43}$/.test(value)) return undefined
    binding[ours] = value
  }
  return binding.jkt === undefined && binding.x5t === undefined ? undefined : binding
}
