import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { buildCommand } from '../../lib/cli/commands/build.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { docsCommand } from '../../lib/cli/commands/docs.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { tenantCommand } from '../../lib/cli/commands/tenant.ts'
import { typesCommand } from '../../lib/cli/commands/types.ts'
import { report } from '../../lib/cli/run.ts'
import { systemFault } from '../../lib/cli/system-error.ts'
import { ToolkitError } from '../../lib/errors.ts'
import { called } from '../helpers/called.ts'
import { commandProcess } from '../helpers/command-process.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { listing } from '../helpers/listing.ts'

let example: string
const USER = 'users: [{ email: ada@acme.example, password: local-ada }]\n'
const SMALL = {
  'tenant.yaml':
    'actions:\n  - { name: a, code: ./dist/a.js, deployed: true, supported_triggers: [{ id: post-login }] }\ntriggers: { post-login: [{ action_name: a, display_name: a }] }\n',
  'tenant.local.yaml': USER,
  'actions/a.js':
    "exports.onExecutePostLogin = async (event, api) => { if (event.user.app_metadata.x.y) api.access.deny('no') }\n",
}

beforeAll(async () => {
  example = await keptFolderWith(SMALL)
  afterAll(() => rm(example, { recursive: true, force: true }))
})

describe('a reader who has gone', () => {
  test.each([
    [['explain'], 141],
    [['prove', '--runs', '20'], 141],
    [['tenant', '--port', '0'], 141],
    [['deploy', '--skip-prove'], 141],
    // What was wrong before there was anything to print is said all the same.
    [['explain', 'no/such-rule'], 2],
  ] as const)('of claims %j ends it with no stack and neither 0 nor 1', async (args, expected) => {
    const { code, stderr: err } = await (await commandProcess(example, args, { stdout: 'closed' })).ended
    expect(err).not.toMatch(/EPIPE|\n {4}at |bug/)
    expect(code, err).toBe(expected)
    if (args[0] === 'deploy') expect(err).toContain('has what was sent')
  })

  test('of standard error as well changes nothing', async () => {
    const { child, ended } = await commandProcess(example, ['check'])
    child.stderr!.destroy()
    const { code } = await ended
    expect([0, 1]).toContain(code)
  })
})

test('standard output without room is said, with 2', async () => {
  const { openSync, closeSync } = await import('node:fs')
  const full = openSync('/dev/full', 'w')
  try {
    const { code, stderr: err } = await (await commandProcess(example, ['explain'], { stdout: full })).ended
    expect(err).toContain(
      'error ERR_ENVIRONMENT standard output: writing failed: no space is left there\n  hint: ',
    )
    expect(code).toBe(2)
  } finally {
    closeSync(full)
  }
})

describe('what the system refuses', () => {
  const write = async (cwd: string, name: string, text: string) => {
    await mkdir(join(cwd, name, '..'), { recursive: true })
    await writeFile(join(cwd, name), text)
  }
  test.each<
    [what: string, command: Command, args: string[], prepare: (cwd: string) => Promise<unknown>, said: RegExp]
  >([
    ['a full disk', docsCommand, ['--out', '/dev/full'], async () => {}, /no space is left there/],
    ['a folder to be', docsCommand, ['--out', 'new/'], async () => {}, /--out "new\/" names no file/],
    ['no name', docsCommand, ['--out', ''], async () => {}, /--out "" names no file/],
    ['a folder as the page', docsCommand, ['--out', 'actions'], async () => {}, /"actions" .*folder/],
    [
      'a file as a folder',
      docsCommand,
      ['--out', 'tenant.yaml/x.md'],
      async () => {},
      /"tenant.yaml" .*a folder is needed/,
    ],
    [
      'a name that is too long',
      docsCommand,
      ['--out', `${'x'.repeat(300)}.md`],
      async () => {},
      /the name is too long/,
    ],
    ['a place in /proc', docsCommand, ['--out', '/proc/none/x.md'], async () => {}, /does not exist/],
    [
      'a link as the page',
      docsCommand,
      ['--out', 'x.md'],
      (cwd) => symlink('../elsewhere.md', join(cwd, 'x.md')),
      /"x.md" .*link/,
    ],
    [
      'a folder that leads out',
      docsCommand,
      ['--out', 'link/x.md'],
      (cwd) => symlink(example, join(cwd, 'link')),
      /leads out of this folder through a link/,
    ],
    [
      'a page of somebody else',
      docsCommand,
      ['--out', 'NOTES.md'],
      (cwd) => write(cwd, 'NOTES.md', 'mine'),
      /"NOTES.md" is there, and claims docs has not written it/,
    ],
    [
      'types of somebody else',
      typesCommand,
      [],
      (cwd) => write(cwd, 'schemas/claims/types.ts', 'mine'),
      /types.ts" is there, and claims types has not written it/,
    ],
    [
      'types that are a folder',
      typesCommand,
      [],
      async (cwd) => {
        await rm(join(cwd, 'schemas/claims/types.ts'))
        await mkdir(join(cwd, 'schemas/claims/types.ts'))
      },
      /types.ts" .*folder/,
    ],
    [
      'types that are a pipe',
      typesCommand,
      [],
      async (cwd) => {
        await rm(join(cwd, 'schemas/claims/types.ts'))
        execFileSync('mkfifo', [join(cwd, 'schemas/claims/types.ts')])
      },
      /"schemas\/claims\/types.ts" is no file/,
    ],
    [
      'a bundle that is a pipe',
      buildCommand,
      [],
      async (cwd) => {
        await mkdir(join(cwd, 'dist/actions'), { recursive: true })
        execFileSync('mkfifo', [join(cwd, 'dist/actions/enrich-claims.js.map')])
      },
      /"dist\/actions\/enrich-claims.js.map" is no file/,
    ],
    [
      'a link as the types',
      typesCommand,
      [],
      async (cwd) => {
        await rm(join(cwd, 'schemas/claims/types.ts'))
        await symlink('../../../elsewhere.ts', join(cwd, 'schemas/claims/types.ts'))
      },
      /link/,
    ],
    [
      'a file where logins are saved',
      proveCommand,
      ['--runs', '50', '--save', 'tenant.yaml'],
      (cwd) =>
        write(
          cwd,
          'actions/enrich-claims.ts',
          SMALL['actions/a.js']
            .replace('exports.onExecutePostLogin =', 'export const onExecutePostLogin: any =')
            .replaceAll('event,', 'event: any,')
            .replace('api)', 'api: any)'),
        ),
      /"tenant.yaml.*a folder is needed/,
    ],
    [
      'tenant.yaml that is a folder',
      simulateCommand,
      [],
      async (cwd) => {
        await rm(join(cwd, 'tenant.yaml'))
        await mkdir(join(cwd, 'tenant.yaml'))
      },
      /"tenant.yaml" cannot be read .*folder/,
    ],
    [
      'contracts that are a file',
      impactCommand,
      ['--json'],
      async (cwd) => {
        await rm(join(cwd, 'schemas'), { recursive: true })
        await writeFile(join(cwd, 'schemas'), '')
      },
      /^$/,
    ],
    [
      'a contract that is a folder',
      simulateCommand,
      [],
      (cwd) => mkdir(join(cwd, 'schemas/claims/x.json')),
      /^/,
    ],
    [
      'a file for the state that is a folder',
      tenantCommand,
      ['--port', '0', '--state', 'actions'],
      async () => {},
      /"actions"|actions" cannot/,
    ],
    [
      'somebody’s tenant.pem',
      tenantCommand,
      ['--port', '0', '--management', 'keys'],
      (cwd) => write(cwd, 'keys/tenant.pem', 'mine'),
      /keys" has a tenant.pem of somebody else/,
    ],
    [
      'a folder for credentials below a file',
      tenantCommand,
      ['--port', '0', '--management', 'tenant.yaml/x'],
      async () => {},
      /cannot be written to/,
    ],
  ])('such as %s, is a sentence and 2, and loses nothing', async (_, command, args, prepare, said) => {
    const cwd = await exampleWorkspace()
    await prepare(cwd)
    const before = await listing(cwd)
    const { code, err } = await called(cwd, command, args)
    expect(err).toMatch(said)
    expect(err).not.toMatch(/bug|\n {4}at /)
    if (said.source !== '^$' && said.source !== '^') {
      expect(err).toMatch(/error ERR_(INPUT|ENVIRONMENT|USAGE) .*\n {2}hint: /)
      expect(code).toBe(2)
    }
    expect(await listing(cwd)).toEqual(before)
  })

  test.skipIf(process.platform !== 'linux')(
    'such as a permission, is a sentence and 2 for a user without it',
    async () => {
      const cwd = await keptFolderWith({ ...SMALL, 'schemas/claims/types.ts': '' })
      try {
        await chmod(join(cwd, 'schemas/claims'), 0)
        // Root without its capabilities is held by permissions, and still gets to where the repository is.
        const claims = async (...args: string[]) => (await commandProcess(cwd, args, { program })).ended
        const program = [
          ...(process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : []),
          process.execPath,
        ]
        const hidden = await claims('check')
        expect(hidden.stderr).toContain(
          'error ERR_ENVIRONMENT "schemas/claims" cannot be read: permission denied',
        )
        expect(hidden.code).toBe(2)
        await chmod(join(cwd, 'schemas/claims'), 0o755)
        await chmod(cwd, 0o555)
        const build = await claims('build')
        expect(build.stderr).toMatch(
          /error ERR_ENVIRONMENT "dist.*" cannot be written: permission denied\n {2}hint: /,
        )
        expect(build.code).toBe(2)
        const init = await claims('init', '--yes')
        expect(init.stderr).toMatch(
          /error ERR_ENVIRONMENT ".*" cannot be (?:opened|written|made): permission denied\n/,
        )
        expect(init.code).toBe(2)
        // The Action of this workspace fails at a login: what counts is that the commands come to say so.
        for (const name of ['check', 'plan']) expect((await claims(name)).code, name).toBe(0)
        expect((await claims('simulate')).stderr).not.toContain('ERR_ENVIRONMENT')
        expect(await readdir(cwd)).toEqual(['actions', 'schemas', 'tenant.local.yaml', 'tenant.yaml'])
      } finally {
        await chmod(cwd, 0o755)
        await chmod(join(cwd, 'schemas/claims'), 0o755)
        await rm(cwd, { recursive: true })
      }
    },
  )

  test('is told from a bug by its code and its call, also as the cause of another error', () => {
    const system = (code: string, more: object) =>
      Object.assign(new Error(`${code}: words`), { code, ...more })
    const cases: [unknown, string | undefined][] = [
      [
        system('EACCES', { syscall: 'open', path: '/w/a b.ts' }),
        '"a b.ts" cannot be opened: permission denied',
      ],
      [
        system('EROFS', { syscall: 'rename', path: '/x', dest: '/w/y' }),
        '"y" cannot be written: the file system is read-only',
      ],
      [
        system('EMFILE', { syscall: 'scandir', path: '/elsewhere' }),
        '"/elsewhere" cannot be read: too many files are open',
      ],
      [
        system('ENOENT', { syscall: 'spawn git', path: 'git' }),
        'the program "git" cannot be started: it does not exist',
      ],
      [
        system('EADDRINUSE', { syscall: 'listen', address: '127.0.0.1', port: 4 }),
        '"127.0.0.1:4" cannot be listened on: the port is in use',
      ],
      [system('EBADF', { syscall: 'write' }), 'writing failed: it is not open for that'],
      [system('ENOENT', { syscall: 'uv_cwd' }), 'the current folder does not exist any more'],
      [
        new TypeError('fetch failed', {
          cause: system('ECONNREFUSED', { syscall: 'connect', address: '::1', port: 9 }),
        }),
        '"::1:9" cannot be reached: nothing listens there',
      ],
      [
        new AggregateError([system('ECONNREFUSED', { syscall: 'connect', address: '::1', port: 9 })]),
        '"::1:9" cannot be reached: nothing listens there',
      ],
      [new TypeError('x is undefined'), undefined],
      [Object.assign(new Error('ours'), { code: 'ENOENT' }), undefined],
      ['text', undefined],
    ]
    for (const [error, expected] of cases) expect(systemFault(error, '/w')?.message).toBe(expected)
  })

  test('is added to our own sentence, once', () => {
    const lines: string[] = []
    const cause = Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write' })
    report(new ToolkitError('ERR_ENVIRONMENT', '"x" cannot be written', { cause }), {
      err: (text) => lines.push(...[text].flat()),
    })
    expect(lines).toEqual(['error ERR_ENVIRONMENT "x" cannot be written (no space is left there)'])
  })
})

test('a login that was saved stays when another one is found', async () => {
  const cwd = await keptFolderWith(SMALL)
  try {
    await called(cwd, proveCommand, ['--runs', '50', '--save', 'saved'])
    const [first] = await readdir(join(cwd, 'saved'))
    await writeFile(join(cwd, 'saved', first!), '{"mine":true}')
    const before = await listing(join(cwd, 'saved'))
    await called(cwd, proveCommand, ['--runs', '50', '--save', 'saved'])
    expect(await listing(join(cwd, 'saved'))).toMatchObject(before)
    const again = await listing(join(cwd, 'saved'))
    await called(cwd, proveCommand, ['--runs', '50', '--save', 'saved'])
    expect(await listing(join(cwd, 'saved'))).toEqual(again)
  } finally {
    await rm(cwd, { recursive: true })
  }
})

test('a page replaces the page of an earlier run', async () => {
  const cwd = await exampleWorkspace()
  for (const file of ['docs/claims.md', 'claims.html']) {
    expect(await called(cwd, docsCommand, ['--out', file])).toMatchObject({ code: 0 })
    expect(await called(cwd, docsCommand, ['--out', file])).toMatchObject({ code: 0, err: '' })
    expect(await readFile(join(cwd, file), 'utf8')).toContain('Written by')
  }
  expect(await called(cwd, checkCommand)).toMatchObject({ code: 0 })
})
