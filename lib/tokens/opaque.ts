import { randomBytes } from 'node:crypto'

/** What an opaque access token stands for. Only the tenant that made it can read it. */
export interface OpaqueToken {
  sub: string
  client_id: string
  scope: string
  /** Seconds since the epoch. */
  exp: number
  org_id?: string
  org_name?: string
}

export interface OpaqueTokens {
  seal(token: OpaqueToken, issuer: string): Promise<string>
  /** `undefined` for anything that this tenant did not make. Does not look at `exp`. */
  open(text: string): Promise<OpaqueToken | undefined>
}

/**
 * Access tokens for `/userinfo` alone, in the form that tenants were seen to use: a compact JWE of five parts
 * with an empty second one. Apps must not rely on the form.
 */
export function opaqueTokens(key: Uint8Array = randomBytes(32)): OpaqueTokens {
  return {
    async seal(token, issuer) {
      const { CompactEncrypt } = await import('jose')
      return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(token)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', iss: issuer })
        .encrypt(key)
    },
    async open(text) {
      if (text.split('.').length !== 5) return undefined
      const { compactDecrypt } = await import('jose')
      try {
        const { plaintext } = await compactDecrypt(text, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        return JSON.parse(new TextDecoder().decode(plaintext)) as OpaqueToken
      } catch {
        return undefined
      }
    },
  }
}
