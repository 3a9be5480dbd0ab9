import { createServer } from 'node:http'
import { listenAtLoopback } from '../loopback-server.ts'
import { mustBeWhole, usage } from './must-be.ts'
import { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './test-issuer.ts'

export interface ServedTestIssuer extends TestIssuer {
  /** Where the JWKS is served. */
  jwksUri: string
  /** Answers 503 in place of discovery and keys, until it is turned off. */
  setOutage(isDown: boolean): void
  stop(): Promise<void>
}

export interface ServedTestIssuerOptions extends TestIssuerOptions {
  /** Port of loopback. @defaultValue a free one */
  port?: number
}

/**
 * A test issuer whose discovery document and JWKS are served on loopback: for any verifier that fetches them,
 * of ours or of another library. Its issuer is the address that it listens on, unless one is named.
 *
 * @throws {ToolkitError} as `createTestIssuer`, and `ERR_ENVIRONMENT` when the port is taken.
 */
export async function serveTestIssuer(given: ServedTestIssuerOptions = {}): Promise<ServedTestIssuer> {
  const { port, ...options } = given ?? {}
  const fault = port === undefined ? undefined : mustBeWhole(0, 65_535, '')(port)
  if (fault !== undefined) throw usage('serveTestIssuer', `"port" must be a whole number from 0 to 65,535`)
  let issuer: TestIssuer | undefined
  let jwksUri = ''
  let isDown = false
  const documents: Record<string, () => unknown> = {
    '/.well-known/openid-configuration': () => ({
      issuer: issuer?.issuer,
      jwks_uri: jwksUri,
      id_token_signing_alg_values_supported: options.algorithms ?? ['RS256'],
    }),
    '/.well-known/jwks.json': () => issuer?.jwks,
  }
  const create = () =>
    createServer(({ url }, response) => {
      const path = (url ?? '').split('?', 1)[0]!
      const document = Object.hasOwn(documents, path) ? documents[path]!() : undefined
      if (isDown) response.writeHead(503).end()
      else if (document === undefined) response.writeHead(404).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    })
  const listener = await listenAtLoopback(create, {
    hostname: 'localhost',
    port: port ?? 0,
    hint: 'Name another "port", or leave it out for a free one.',
  })
  const origin = `http://localhost:${listener.port}`
  jwksUri = `${origin}/.well-known/jwks.json`
  try {
    issuer = await createTestIssuer({ issuer: `${origin}/`, ...options })
  } catch (error) {
    await listener.close()
    throw error
  }
  const { jwks: _, ...fetched } = issuer.verifierOptions
  return {
    ...issuer,
    verifierOptions: { ...fetched, jwks: jwksUri },
    jwksUri,
    setOutage: (down) => {
      isDown = down
    },
    stop: listener.close,
  }
}
