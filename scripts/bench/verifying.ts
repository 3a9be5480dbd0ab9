import { verify as cryptoVerify, generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose'
import { readContracts } from '../../lib/contract/index.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

const ISSUER = 'https://acme.eu.auth0.com/'
const AUDIENCE = 'https://orders.acme.example/'

/** An RS256 access token, contract included, beside the bare signature check. */
export async function verifying(root: string): Promise<Figure[]> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const jwks = { keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] }
  const token = await new SignJWT({
    azp: 'client',
    scope: 'openid read:orders',
    'https://acme.example/roles': ['orders-manager'],
    'https://acme.example/plan': 'team',
    'https://acme.example/region': 'eu',
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
    .setIssuer(ISSUER)
    .setSubject('auth0|1')
    .setAudience([AUDIENCE, `${ISSUER}userinfo`])
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey)

  const { contractFiles } = await readWorkspace(root)
  const contracts = await readContracts(contractFiles, (file) => readFile(file, 'utf8'), { root })
  const contract = contracts.find(({ audience }) => audience === AUDIENCE)!
  const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, contract, jwks })
  const keys = createLocalJWKSet(jwks)
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')))
  const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
  return sideBySide([
    { name: 'crypto.verify', run: () => cryptoVerify('sha256', signed, publicKey, signature) },
    { name: 'auth0-claims/verify', run: () => verifier.verify(token, { scopes: ['read:orders'] }) },
    { name: 'jose jwtVerify', run: () => jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE }) },
  ])
}
