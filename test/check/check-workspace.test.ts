import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

type Changes = Parameters<typeof exampleWorkspace>[0]

async function check(changes: Changes, prepare: (cwd: string) => Promise<void> = async () => {}) {
  const cwd = await exampleWorkspace(changes)
  await prepare(cwd)
  const terminal = recordedTerminal({ cwd })
  await checkCommand.run(terminal, { json: true }, [])
  const { findings } = JSON.parse(terminal.stdout()) as { findings: Record<string, unknown>[] }
  return findings.map(({ file, line, severity, rule }) => `${file}:${line} ${severity} ${rule}`)
}

/** Puts a line at the start of the handler of adjust-scopes. */
const inHandler = (code: string): Changes => ({
  'actions/adjust-scopes.ts': ['export async function onExecutePostLogin', code],
})

describe('a workspace', () => {
  it('tells of secrets that are read and not declared, however they are read, and of unused ones', async () => {
    const code = `export async function onExecutePostLogin(event: any, api: any) {
  const { API_KEY, EXPORT_PLANS } = event.secrets
  const { secrets } = event
  api.accessToken.addScope(String(EXPORT_PLANS + API_KEY + secrets.OTHER))
}
export async function other`
    expect(await check(inHandler(code))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^actions\/adjust-scopes\.ts:\d+ warning secrets\/undeclared$/),
      ]),
    )
    expect(
      await check({
        'tenant.yaml': [
          "value: '##EXPORT_PLANS##'",
          "value: '##EXPORT_PLANS##'\n      - name: OLD\n        value: '##OLD##'",
        ],
      }),
    ).toEqual(['tenant.yaml:90 info secrets/unused'])
  })

  it('says nothing of unused secrets where a name is computed', async () => {
    const code = `export async function onExecutePostLogin(event: any, api: any) {
  api.accessToken.addScope(event.secrets[event.client.name])
}
export async function other`
    expect(await check(inHandler(code))).toEqual([])
  })

  it('tells of a claim that two bound Actions set, and says whose value stays', async () => {
    const code = `export async function onExecutePostLogin(event: any, api: any) {
  api.accessToken.setCustomClaim('https://acme.example/plan', event.secrets.EXPORT_PLANS)
}
export async function other`
    expect(await check(inHandler(code))).toEqual([
      expect.stringMatching(/^actions\/enrich-claims\.ts:20 warning claims\/overwritten$/),
    ])
  })

  it('tells of markers in code that nobody gives a value to', async () => {
    const code = `export async function onExecutePostLogin(event: any, api: any) {
  api.accessToken.addScope(event.secrets.EXPORT_PLANS + '##HOME##' + '##EU_COUNTRIES##')
}
export async function other`
    expect(await check(inHandler(code))).toEqual([
      expect.stringMatching(/^actions\/adjust-scopes\.ts:\d+ warning bundle\/keyword-marker$/),
    ])
  })

  it('tells of packages that have ES modules only, by the version that is declared or the package that is installed', async () => {
    const changes = (version: string): Changes => ({
      ...inHandler(`import nodeFetch from 'node-fetch'
export async function onExecutePostLogin(event: any, api: any) {
  api.accessToken.addScope(event.secrets.EXPORT_PLANS + nodeFetch.name)
}
export async function other`),
      'tenant.yaml': [
        '    secrets:\n      - name: EXPORT_PLANS',
        `    dependencies:\n      - name: node-fetch\n        version: '${version}'\n    secrets:\n      - name: EXPORT_PLANS`,
      ],
    })
    const esm = [expect.stringMatching(/^actions\/adjust-scopes\.ts:\d+ warning bundle\/esm-only-package$/)]
    expect(await check(changes('3.3.2'))).toEqual(esm)
    expect(await check(changes('2.7.0'))).toEqual([])
    const installed = (manifest: unknown) => async (cwd: string) => {
      await mkdir(join(cwd, 'node_modules/node-fetch'), { recursive: true })
      await writeFile(join(cwd, 'node_modules/node-fetch/package.json'), JSON.stringify(manifest))
    }
    expect(await check(changes('2.7.0'), installed({ type: 'module', exports: './index.js' }))).toEqual(esm)
    expect(
      await check(
        changes('3.3.2'),
        installed({ type: 'module', exports: { require: './index.cjs', default: './index.js' } }),
      ),
    ).toEqual([])
  })

  it('tells of packages that an Action requires and that nobody installs for it', async () => {
    const found = await check({}, async (cwd) => {
      await rm(join(cwd, 'actions/adjust-scopes.ts'))
      await writeFile(
        join(cwd, 'actions/adjust-scopes.js'),
        "const axios = require('axios')\nexports.onExecutePostLogin = async (event, api) => {\n  api.accessToken.addScope(event.secrets.EXPORT_PLANS + axios.VERSION)\n}\n",
      )
    })
    expect(found).toEqual(['actions/adjust-scopes.js:1 error bundle/undeclared-dependency'])
  })

  it('shows the order of the bound Actions', async () => {
    const terminal = recordedTerminal({ cwd: await exampleWorkspace() })
    expect(await checkCommand.run(terminal, {}, [])).toBe(0)
    expect(terminal.stderr()).toBe('post-login runs enrich-claims → adjust-scopes\n0 errors, 0 warnings\n')
  })

  it('tells of an Action without a handler', async () => {
    expect(
      await check({ 'actions/adjust-scopes.ts': 'export async function onExecutePostlogin() {}\n' }),
    ).toEqual(expect.arrayContaining(['actions/adjust-scopes.ts:1 error handler/hidden']))
  })
})
