import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledPackage } from '../helpers/compiled-package.ts'
import { compilerSays, LOOKED_UP, packedPackage } from '../helpers/packed-package.ts'
import { publishingFaults } from '../helpers/publishing-faults.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const ENTRIES = ['', '/express', '/fastify', '/hono', '/lambda', '/redis', '/testing']
const NAMES = {
  '': [
    'createVerifier',
    'explainToken',
    'AccessTokenError',
    'memoryStore',
    'protectedResource',
    'bearerToken',
  ],
  '/express': ['requireAuth', 'requireScopes', 'requirePermissions'],
  '/fastify': ['requireAuth', 'requireScopes', 'requirePermissions'],
  '/hono': [
    'optionalAuth',
    'requireAnyScope',
    'requireAuth',
    'requireChecks',
    'requirePermissions',
    'requireScopes',
    'withAuth',
    'withOptionalAuth',
  ],
  '/lambda': ['authorizer', 'claimsOf', 'withAuth', 'withOptionalAuth'],
  '/redis': ['redisStore'],
  '/testing': ['createTestIssuer', 'serveTestIssuer'],
}

/** A folder in which the package is unpacked from its tarball, beside its one dependency and Node's types. */
let app: string
let tarball: string
let repository: string

beforeAll(async () => {
  repository = await compiledPackage()
  const packed = await packedPackage(join(repository, 'dist/verify-package'), repository)
  app = packed.app
  tarball = packed.tarball
})

afterAll(() => rm(app, { recursive: true, force: true }))

/** A use of the package that goes through all of a request: a good token, a bad one, and the error's class. */
const USE = `
  const issuer = await createTestIssuer({ audience: 'https://api.example/' })
  const verifier = createVerifier({ ...issuer.verifierOptions })
  const at = (token) => ({ headers: { authorization: 'Bearer ' + token } })
  const claims = await verifier.verify(at(await issuer.issueTestToken({ user: 'auth0|7' })))
  if (claims.sub !== 'auth0|7') throw new Error('another user')
  const error = await verifier.verify(at('a.b.c')).catch((thrown) => thrown)
  if (!(error instanceof AccessTokenError) || error.status !== 401) throw new Error('let in')
  requireAuth(verifier)
  console.log('done')
`
const USED = [
  ['auth0-claims-verify', 'createVerifier, AccessTokenError'],
  ['auth0-claims-verify/express', 'requireAuth'],
  ['auth0-claims-verify/testing', 'createTestIssuer'],
] as const

describe('the package of the verifier', () => {
  it('has one dependency and is smaller than 1 MB', async () => {
    const { dependencies } = JSON.parse(await readFile(join(app, 'package/package.json'), 'utf8'))
    expect(Object.keys(dependencies)).toEqual(['jose'])
    const files = await readdir(join(app, 'package'), { recursive: true, withFileTypes: true })
    const sizes = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(async (file) => (await readFile(join(file.parentPath, file.name))).length),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000)
  })

  it('is found by every kind of project, as publint and attw judge', async () => {
    expect(await publishingFaults(join(app, 'package'), tarball)).toEqual([])
  })

  it.each(ENTRIES)('gives auth0-claims-verify%s by import and by require', async (entry) => {
    const name = JSON.stringify(`auth0-claims-verify${entry}`)
    const code = `import(${name}).then((module) => console.log(Object.keys(module).sort().join()))`
    const byImport = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: app })
    const required = `console.log(Object.keys(require(${name})).sort().join())`
    // Older versions than 20.19, and jest, cannot require ES modules.
    const byRequire = await run(process.execPath, ['--no-experimental-require-module', '-e', required], {
      cwd: app,
    })
    expect(byImport.stdout).toBe(byRequire.stdout)
    expect(byImport.stdout.trim().split(',')).toEqual(
      expect.arrayContaining(NAMES[entry as keyof typeof NAMES]),
    )
  })

  it('verifies tokens by import, and by require without ES modules', async () => {
    const imports = USED.map(([name, names]) => `import { ${names} } from '${name}'`).join('\n')
    const requires = USED.map(([name, names]) => `const { ${names} } = require('${name}')`).join('\n')
    await writeFile(join(app, 'use.mjs'), `${imports}\n${USE}`)
    await writeFile(join(app, 'use.cjs'), `${requires}\n;(async () => {${USE}})()`)
    expect((await run(process.execPath, ['use.mjs'], { cwd: app })).stdout).toBe('done\n')
    const flags = ['--no-experimental-require-module', 'use.cjs']
    expect((await run(process.execPath, flags, { cwd: app })).stdout).toBe('done\n')
  })

  it('works in jest without flags', async () => {
    const requires = USED.map(([name, names]) => `const { ${names} } = require('${name}')`).join('\n')
    await writeFile(join(app, 'api.test.js'), `${requires}\ntest('an API', async () => {${USE}})`)
    const jest = require.resolve('jest/bin/jest')
    const { stderr } = await run(
      process.execPath,
      [jest, '--rootDir', app, '--testRegex', 'api\\.test\\.js'],
      { cwd: app },
    )
    expect(stderr).toContain('1 passed')
  })

  it.each([
    ['for a runtime of the web platform', 'browser', ['worker', 'import']],
    ['as ES modules for Node', 'node', ['import']],
  ] as const)('is bundled %s, with nothing of Node where there is none', async (_, platform, conditions) => {
    const { outputFiles, metafile } = await build({
      absWorkingDir: app,
      stdin: {
        contents: `export { createVerifier } from 'auth0-claims-verify'\nexport { withAuth } from 'auth0-claims-verify/hono'`,
        resolveDir: app,
      },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform,
      conditions: [...conditions],
    })
    const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(outside.every((path) => platform === 'node' && path.startsWith('node:'))).toBe(true)
    expect(outputFiles[0]!.text).toContain('createVerifier')
  })
})

describe('the types of the package', () => {
  const SOURCE = `
    import { type AccessTokenClaims, AccessTokenError, createVerifier, type Verifier } from 'auth0-claims-verify'
    import { requireAuth, type AuthRequest } from 'auth0-claims-verify/express'
    import { requireAuth as hook } from 'auth0-claims-verify/fastify'
    import { withAuth } from 'auth0-claims-verify/hono'
    import { authorizer, withAuth as withLambda } from 'auth0-claims-verify/lambda'
    import { redisStore } from 'auth0-claims-verify/redis'
    import { createTestIssuer, serveTestIssuer } from 'auth0-claims-verify/testing'
    interface Orders { 'https://acme.example/plan': string }
    const verifier: Verifier<Orders> = createVerifier<Orders>({ domain: 'a.eu.auth0.com', audience: 'https://api.example/' })
    export const handler = withAuth(verifier, (_request, claims: AccessTokenClaims<Orders>) =>
      Response.json({ plan: claims['https://acme.example/plan'] }))
    export const all = [requireAuth(verifier), hook(verifier), redisStore, createTestIssuer, serveTestIssuer, AccessTokenError, authorizer(verifier), withLambda]
    export type Request_ = AuthRequest<Orders>
    // @ts-expect-error There is no such option.
    createVerifier({ domain: 'a.eu.auth0.com', audience: 'https://api.example/', audiance: '' })
  `

  it.each(LOOKED_UP)('are good in TypeScript with module %s, looked up as by %s', async (...way) => {
    expect(await compilerSays(app, SOURCE, way)).toBe('')
  })
})
