/** Where programs and their files are, and how they write: what every program needs. No name here holds a secret. */
const ORDINARY: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TEMP', 'TMP'],
  // Windows
  ...['PATHEXT', 'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH'],
  ...['APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'PROGRAMFILES', 'NUMBER_OF_PROCESSORS'],
  ...['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR', 'ESBUILD_BINARY_PATH'],
  ...[
    'GIT_CONFIG_GLOBAL',
    'GIT_CONFIG_SYSTEM',
    'GIT_CONFIG_NOSYSTEM',
    'GIT_EXEC_PATH',
    'GIT_CEILING_DIRECTORIES',
  ],
])

/**
 * How the network is reached. The address of a proxy may hold a password, so only programs that use the network get it.
 */
const NETWORK: ReadonlySet<string> = new Set([
  ...['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY', 'NODE_USE_SYSTEM_CA'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'],
])

/**
 * The environment for a program that we start: variables from a list, so that no credential of ours, of the machine or
 * of CI goes along. `network`: also how the network is reached.
 */
export function childEnvironment({ network = false }: { network?: boolean } = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => {
      // Windows does not tell cases apart; proxies are written in both.
      const known = name.toUpperCase()
      const wanted = ORDINARY.has(known) || /^LC_[A-Z]+$/.test(known) || (network && NETWORK.has(known))
      return wanted && value !== undefined ? [[name, value]] : []
    }),
  )
}

/** The same for git: it asks nobody, and does not refresh its index when it only looks. */
export function gitEnvironment(): Record<string, string> {
  return { ...childEnvironment(), GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' }
}

/** Calls `start`, which starts a program that inherits our environment and cannot be given one, with a clean one. */
export function withChildEnvironment<T>(start: () => T): T {
  const own = process.env
  process.env = childEnvironment()
  try {
    return start()
  } finally {
    process.env = own
  }
}
