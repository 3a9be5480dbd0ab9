import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledPackage } from './helpers/compiled-package.ts'
import { compilerSays, LOOKED_UP, type PackedPackage, packedPackage } from './helpers/packed-package.ts'
import { publishingFaults } from './helpers/publishing-faults.ts'

const run = promisify(execFile)

let packed: PackedPackage

beforeAll(async () => {
  const repository = await compiledPackage()
  packed = await packedPackage(repository, repository)
})

afterAll(() => rm(packed.app, { recursive: true, force: true }))

const NAMES = {
  '': ['checkClaimName', 'ToolkitError'],
  '/contract': ['compileContracts', 'breakingChanges', 'typesOf'],
  '/testing': ['simulatePostLogin', 'postLoginEvent', 'claimMatchers'],
  '/verify': ['createVerifier', 'AccessTokenError'],
  '/verify/express': ['requireAuth', 'requireScopes'],
  '/verify/fastify': ['requireAuth', 'requireScopes'],
  '/verify/hono': ['withAuth', 'requireScopes'],
  '/verify/lambda': ['withAuth', 'authorizer'],
  '/verify/redis': ['redisStore'],
  '/pkce': ['createCodeVerifier'],
  '/tenant': ['startTenant'],
}

describe('the package', () => {
  it('is found by every kind of project, as publint and attw judge', async () => {
    expect(await publishingFaults(packed.contents, packed.tarball)).toEqual([])
  })

  it('runs nothing when it is installed', async () => {
    const { scripts } = JSON.parse(await readFile(join(packed.contents, 'package.json'), 'utf8'))
    expect(scripts).not.toHaveProperty('install')
    expect(scripts).not.toHaveProperty('preinstall')
    expect(scripts).not.toHaveProperty('postinstall')
  })

  it('has a test for each of its entry points', async () => {
    const { exports } = JSON.parse(await readFile(join(packed.contents, 'package.json'), 'utf8'))
    const entries = Object.keys(exports).filter((name) => name !== './package.json' && name !== './action')
    expect(entries.map((name) => name.slice(1))).toEqual(expect.arrayContaining(Object.keys(NAMES)))
    expect(entries).toHaveLength(Object.keys(NAMES).length)
  })

  it.each(Object.entries(NAMES))('gives auth0-claims%s by import and by require', async (entry, names) => {
    const name = JSON.stringify(`auth0-claims${entry}`)
    const imported = `import(${name}).then((module) => console.log(Object.keys(module).sort().join()))`
    const byImport = await run(process.execPath, ['--input-type=module', '-e', imported], { cwd: packed.app })
    const required = `console.log(Object.keys(require(${name})).sort().join())`
    const byRequire = await run(process.execPath, ['-e', required], { cwd: packed.app })
    expect(byRequire.stdout).toBe(byImport.stdout)
    expect(byRequire.stdout.trim().split(',')).toEqual(expect.arrayContaining(names))
  })

  it('has a command that says its version', async () => {
    const { version } = JSON.parse(await readFile(join(packed.contents, 'package.json'), 'utf8'))
    const command = join(packed.app, 'node_modules/auth0-claims/dist/cli/main.js')
    const { stdout } = await run(process.execPath, [command, '--version'], { cwd: packed.app })
    expect(stdout.trim()).toBe(version)
  })
})

describe('the types of the package', () => {
  const SOURCE = `
    import { checkClaimName, ToolkitError } from 'auth0-claims'
    import type { PostLoginApi, PostLoginEvent } from 'auth0-claims/action'
    import { compileContracts, typesOf } from 'auth0-claims/contract'
    import { postLoginEvent, simulatePostLogin } from 'auth0-claims/testing'
    import { createVerifier } from 'auth0-claims/verify'
    import { requireAuth } from 'auth0-claims/verify/express'
    import { requireAuth as hook } from 'auth0-claims/verify/fastify'
    import { withAuth } from 'auth0-claims/verify/hono'
    import { redisStore } from 'auth0-claims/verify/redis'
    import { createCodeVerifier } from 'auth0-claims/pkce'
    import { startTenant, type Tenant } from 'auth0-claims/tenant'
    export const onExecutePostLogin = async (event: PostLoginEvent, api: PostLoginApi) => {
      if (event.authorization?.roles.length === 0) api.access.deny('No role')
    }
    export const start = (): Promise<Tenant> => startTenant({})
    export const run = () => simulatePostLogin({ actions: [{ onExecutePostLogin }], event: postLoginEvent({}) })
    export const all = [checkClaimName, ToolkitError, compileContracts, typesOf, createVerifier, requireAuth,
      hook, withAuth, redisStore, createCodeVerifier]
    // @ts-expect-error There is no such option.
    startTenant({ prot: 4000 })
  `

  it.each(LOOKED_UP)('are good in TypeScript with module %s, looked up as by %s', async (...way) => {
    expect(await compilerSays(packed.app, SOURCE, way)).toBe('')
  })
})
