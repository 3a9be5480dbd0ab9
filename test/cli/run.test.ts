import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { report, run } from '../../lib/cli/run.ts'
import { ToolkitError } from '../../lib/errors.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const greet: Command = {
  name: 'greet',
  summary: 'Greets.',
  flags: { loud: { help: 'with a voice that carries' } },
  words: [{ name: '<name>', help: 'whom' }],
  async run(terminal, values, [name]) {
    if (name === 'nobody') {
      throw new ToolkitError('ERR_INPUT', 'there is nobody', {
        file: 'a.yaml',
        line: 3,
        column: 5,
        hint: 'Name somebody.',
      })
    }
    if (name === 'bug') throw new TypeError('undefined is not a function')
    terminal.out(values['loud'] ? `HELLO ${name}` : `hello ${name}`)
    return name === 'stranger' ? 1 : 0
  },
}
const commands = { greet: async () => greet }

async function call(...args: string[]) {
  const terminal = recordedTerminal()
  const code = await run(commands, args, terminal, async () => '1.2.3')
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}

describe('run', () => {
  test('answers what the command answers', async () => {
    expect(await call('greet', '--loud', 'ada')).toEqual({ code: 0, out: 'HELLO ada\n', err: '' })
    expect(await call('greet', 'stranger')).toEqual({ code: 1, out: 'hello stranger\n', err: '' })
  })

  test('an unknown command is wrong use, and names those there are', async () => {
    expect(await call('great')).toEqual({
      code: 2,
      out: '',
      err: '"great" is not a command; there are greet.\n  hint: Did you mean claims greet? Or run claims --help\n',
    })
    for (const words of [['grete'], ['help', 'gret']]) {
      expect(await call(...words)).toMatchObject({
        code: 2,
        err: expect.stringContaining('Did you mean claims greet?'),
      })
    }
    expect((await call('build')).err).toBe(
      '"build" is not a command; there are greet.\n  hint: run claims --help\n',
    )
    expect((await call('constructor')).code).toBe(2)
    expect((await call(`eyJhbGciOiJub25lIn0.${'a'.repeat(40)}.b`)).err).toContain(
      '"eyJhbG…" is not a command',
    )
  })

  test('an unknown flag is wrong use, and points to the help', async () => {
    expect(await call('greet', '--shout')).toEqual({
      code: 2,
      out: '',
      err: "claims greet: Unknown option '--shout'.\n  hint: run claims greet --help\n",
    })
    for (const flag of ['--lod', '--Loud', '--lou=x'])
      expect((await call('greet', flag)).err).toContain(
        '\n  hint: Did you mean --loud? Or run claims greet --help\n',
      )
    expect((await call('greet', '--workspce', 'x')).err).toContain('Did you mean --workspace?')
  })

  test('a flag that is given twice with two values is wrong use, and no value is printed', async () => {
    const { flags: _, ...rest } = greet
    const tell: Command = {
      ...rest,
      flags: {
        to: { value: '<name>', help: '' },
        also: { value: '<name>', several: true, help: '' },
        loud: { help: '' },
      },
    }
    const told = async (...args: string[]) => {
      const terminal = recordedTerminal()
      const code = await run({ tell: async () => tell }, ['tell', 'ada', ...args], terminal, async () => '')
      return { code, err: terminal.stderr() }
    }
    expect(await told('--to', 'bob', '--to=eve')).toEqual({
      code: 2,
      err: 'claims tell: --to is there twice, with two values.\n  hint: Name one; where it takes several they are in one, with blanks between them.\n',
    })
    expect(await told('--to', 'bob', '--to', '')).toMatchObject({ code: 2 })
    expect(await told('--workspace', 'a', '--workspace', 'b')).toMatchObject({ code: 2 })
    expect(await told('--to', 'bob', '--to', 'bob')).toEqual({ code: 0, err: '' })
    expect(await told('--also', 'bob', '--also', 'eve', '--loud', '--loud')).toEqual({ code: 0, err: '' })
  })

  test('a word that a command has no use for is wrong use', async () => {
    const { words: _, ...mute } = greet
    const terminal = recordedTerminal()
    expect(await run({ mute: async () => mute }, ['mute', 'ada'], terminal, async () => '')).toBe(2)
    expect(terminal.stderr()).toBe(
      "claims mute: Unexpected argument 'ada'.\n  hint: run claims mute --help\n",
    )
  })

  test('an expected error is one clickable line and a hint', async () => {
    expect(await call('greet', 'nobody')).toEqual({
      code: 2,
      out: '',
      err: 'a.yaml:3:5 error ERR_INPUT there is nobody\n  hint: Name somebody.\n',
    })
  })

  test('anything else that escapes is reported as our bug', async () => {
    const { code, err } = await call('greet', 'bug')
    expect(code).toBe(70)
    expect(err).toMatch(/^This is a bug in auth0-claims/)
    expect(err).toContain('TypeError: undefined is not a function')
  })

  test('a bug is reported without what a parser has read, and without credentials of the environment', () => {
    const terminal = recordedTerminal({ env: { AUTH0_CLIENT_SECRET: 'hunter2-secret' } })
    let parsing: unknown
    try {
      JSON.parse('hunter3 "password"')
    } catch (error) {
      parsing = error
    }
    expect(report(parsing, terminal)).toBe(70)
    expect(report(new TypeError('no hunter2-secret there'), terminal)).toBe(70)
    expect(report({ password: 'hunter4' }, terminal)).toBe(70)
    expect(terminal.stderr()).toContain('no *** there')
    expect(terminal.stderr()).toContain('run.test.ts')
    expect(terminal.stderr()).not.toMatch(/hunter/)
  })

  test('a token in place of a flag is not repeated', async () => {
    const { words: _, ...mute } = greet
    const terminal = recordedTerminal()
    const token = `eyJhbGciOiJub25lIn0.${'a'.repeat(40)}.b`
    expect(await run({ mute: async () => mute }, ['mute', token], terminal, async () => '')).toBe(2)
    expect(terminal.stderr()).toContain("Unexpected argument 'eyJhbG…' (62 characters).")
  })

  test('a value that begins with a dash is said in one sentence', async () => {
    const command: Command = { ...greet, flags: { name: { value: '<name>', help: '' } } }
    const terminal = recordedTerminal()
    const code = await run(
      { greet: async () => command },
      ['greet', '--name', '--x'],
      terminal,
      async () => '',
    )
    expect([code, terminal.stderr()]).toEqual([
      2,
      "claims greet: Option '--name' argument is ambiguous.\n  hint: run claims greet --help\n",
    ])
  })

  test.each([[['--help']], [['help']], [['-h']]])('%j lists the commands', async (args) => {
    const { code, out } = await call(...args)
    expect(code).toBe(0)
    expect(out).toContain('  greet  Greets.')
    expect(out).toContain('Exit codes: 0 clean; 1 findings')
  })

  test('no command at all prints the same list and is wrong use', async () => {
    expect((await call()).code).toBe(2)
  })

  test('a command explains its flags', async () => {
    const expected =
      'Greets.\n\nUsage: claims greet <name> [--loud]\n\n  <name>  whom\n  --loud  with a voice that carries\n'
    expect(await call('greet', '--help')).toEqual({ code: 0, out: expected, err: '' })
    expect(await call('help', 'greet')).toEqual({ code: 0, out: expected, err: '' })
  })

  test('the usage says what goes together, what excludes each other, and what must be there', async () => {
    const compare: Command = {
      ...greet,
      words: [],
      flags: {
        against: { value: '<ref>', required: true, help: '' },
        redact: { insteadOf: 'against', help: '' },
        keep: { value: '<member>', several: true, help: '' },
        url: { value: '<url>', default: 'x', help: '' },
        certificate: { value: '<file>', with: 'url', help: '' },
        to: { value: '<n>', required: true, help: '' },
      },
    }
    const terminal = recordedTerminal()
    await run({ compare: async () => compare }, ['compare', '--help'], terminal, async () => '')
    expect(terminal.stdout()).toContain(
      'Usage: claims greet (--against <ref> | --redact) [--keep <member>]... [--url <url> --certificate <file>] --to <n>\n',
    )
  })

  test('--workspace runs the command as if it was called there, and leaves Ctrl-C alone', async () => {
    const where: Command = {
      ...greet,
      async run({ cwd, out }) {
        out(cwd)
        return 0
      },
    }
    const terminal = recordedTerminal()
    const cwd = '/home/ada'
    const asked = Object.defineProperty({ ...terminal, cwd }, 'stopped', { get: () => expect.fail() })
    await run({ where: async () => where }, ['where', '--workspace', 'shop'], asked, async () => '')
    await run({ where: async () => where }, ['where', '--workspace', '/shop'], asked, async () => '')
    await run({ where: async () => where }, ['where'], asked, async () => '')
    expect(terminal.stdout()).toBe(`${resolve('/home/ada/shop')}\n${resolve('/shop')}\n/home/ada\n`)
  })

  test('--version prints the version', async () => {
    expect(await call('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' })
  })
})
