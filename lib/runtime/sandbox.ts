import { existsSync } from 'node:fs'

/** What keeps a process for Actions from the machine, below Node. */
export type Sandbox = 'bubblewrap' | 'namespaces'

/** Where the programs of the system are: never on a PATH, which a workspace may have written. */
const PROGRAMS: Readonly<Record<Sandbox, readonly string[]>> = {
  bubblewrap: ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'],
  namespaces: ['/usr/bin/unshare', '/bin/unshare'],
}

const programOf = (sandbox: Sandbox) => PROGRAMS[sandbox].find((path) => existsSync(path))

/** The installed ones, the better first. Only an attempt shows whether one works: containers refuse some. */
export function installedSandboxes(): Sandbox[] {
  if (process.platform !== 'linux') return []
  return (['bubblewrap', 'namespaces'] as const).filter((sandbox) => programOf(sandbox) !== undefined)
}

/** What Node needs of a system to start, beside itself. */
const SYSTEM = [
  ...['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache'],
  // For names and certificates, where the network is allowed.
  ...['/etc/ssl', '/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf'],
]

/** The command, inside the sandbox. */
export function sandboxed(
  sandbox: Sandbox | undefined,
  command: readonly string[],
  { readable, network }: { readable: readonly string[]; network: boolean },
): string[] {
  const program = sandbox === undefined ? undefined : programOf(sandbox)
  if (program === undefined) return [...command]
  if (sandbox === 'namespaces') {
    const net = network ? [] : ['--net']
    return [
      program,
      '--user',
      '--pid',
      '--ipc',
      '--uts',
      '--mount',
      // Else /proc shows the processes of the machine.
      '--mount-proc',
      ...net,
      '--fork',
      '--kill-child',
      ...command,
    ]
  }
  const shown = [...new Set([...SYSTEM, command[0]!, ...readable])].flatMap((path) => [
    '--ro-bind-try',
    path,
    path,
  ])
  return [
    program,
    '--unshare-all',
    ...(network ? ['--share-net'] : []),
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--clearenv',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--tmpfs',
    '/tmp',
    // After the others, since packages may lie below them.
    ...shown,
    '--chdir',
    '/',
    ...command,
  ]
}

/** For the note of a command. */
export function sandboxText(sandbox: string | undefined): string {
  switch (sandbox) {
    case 'bubblewrap':
      return 'in a sandbox (bubblewrap)'
    case 'namespaces':
      return 'in namespaces of their own (unshare): install bubblewrap to hide the files too'
    default:
      return "without a sandbox: this machine has neither bubblewrap nor user namespaces, so that Node's permissions are all that holds it"
  }
}
