/** `npm run bench`: ratios, each beside a peer or the bare library in one run. Never a test. */
import { verify as cryptoVerify, generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose'
import { bundleActions } from '../../lib/bundle/index.ts'
import { readContracts } from '../../lib/contract/index.ts'
import { createInProcessRuntime, createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

const root = join(import.meta.dirname, '../..')
const ISSUER = 'https://acme.eu.auth0.com/'
const AUDIENCE = 'https://orders.acme.example/'

print(
  'Verifying an RS256 access token, contract included (times the bare signature check)',
  await verification(),
)
print('Running one Action (times a call of the handler in this process)', await running())

async function verification(): Promise<Figure[]> {
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

async function running(): Promise<Figure[]> {
  const workspace = await readWorkspace(root)
  const [action] = await bundleActions(workspace.actions.slice(0, 1), { root })
  const { code, name, builtFile: file } = action!
  const source = await import('../../actions/enrich-claims.ts')
  const isolated = await createIsolatedRuntime()
  const inProcess = createInProcessRuntime({ [name]: { ...source } })
  const request = () => ({
    action: { name, code, file, secrets: { EU_COUNTRIES: 'DE' } },
    handler: 'onExecutePostLogin' as const,
    event: postLoginEvent(),
  })
  try {
    return await sideBySide([
      { name: 'in this process', run: () => inProcess.run(request()) },
      { name: 'in the child process', run: () => isolated.run(request()) },
    ])
  } finally {
    await isolated.stop()
  }
}

function print(title: string, figures: readonly Figure[]): void {
  console.log(`${title}\n`)
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const { name, microseconds, ratio, least, largest } of figures) {
    const range = `(${least.toFixed(2)}–${largest.toFixed(2)})`
    console.log(
      `  ${name.padEnd(width)}  ${ratio.toFixed(2).padStart(7)} ×  ${range.padEnd(14)} ${microseconds.toFixed(1)} µs`,
    )
  }
  console.log()
}
