type Environment = Readonly<Record<string, string | undefined>>

/** Where the values of markers for a real tenant come from. */
export interface MarkerSources {
  /** Names that tenant.yaml and the code use: {@link markerNames}. */
  names: readonly string[]
  /** Names that may come from the environment: `markers` of claims.config.json. */
  declared: readonly string[]
  environment: Environment
  /** What an environment file of the workspace says. Whoever writes a name there means it. */
  file?: Environment | undefined
  /** Which counts where both have a value. @defaultValue the environment */
  fileFirst?: boolean
}

/**
 * Values of markers, only for names that are used and allowed. Never the credentials of the toolkit, of the deploy CLI
 * or of the machine, even where they are declared.
 */
export function markerValues(sources: MarkerSources): Record<string, string> {
  const { names, declared, environment, file = {}, fileFirst = false } = sources
  const values: Record<string, string> = {}
  for (const name of names) {
    if (isReservedMarker(name)) continue
    const fromFile = Object.hasOwn(file, name) ? file[name] : undefined
    const fromEnvironment = declared.includes(name) ? environment[name] : undefined
    const value = fileFirst ? (fromFile ?? fromEnvironment) : (fromEnvironment ?? fromFile)
    if (value !== undefined) values[name] = value
  }
  return values
}

/** Whether a name belongs to the tools (`AUTH0_…`) or to the machine: no marker takes its value. */
export function isReservedMarker(name: string): boolean {
  return (
    /^AUTH0_/i.test(name) || MACHINE.has(name.toUpperCase()) || /^(?:AWS|ACTIONS|NPM_CONFIG)_/i.test(name)
  )
}

/** What machines, CI systems and package managers keep in the environment. */
const MACHINE: ReadonlySet<string> = new Set([
  ...['GITHUB_TOKEN', 'GH_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN', 'GITHUB_PAT'],
  ...['CI_JOB_TOKEN', 'CI_JOB_JWT', 'CI_REGISTRY_PASSWORD', 'CI_DEPLOY_PASSWORD', 'GITLAB_TOKEN'],
  ...['NPM_TOKEN', 'NODE_AUTH_TOKEN', 'YARN_NPM_AUTH_TOKEN', 'BITBUCKET_TOKEN', 'SYSTEM_ACCESSTOKEN'],
  ...['AZURE_CLIENT_SECRET', 'ARM_CLIENT_SECRET', 'GOOGLE_APPLICATION_CREDENTIALS', 'DOCKER_AUTH_CONFIG'],
  ...['SSH_AUTH_SOCK', 'SSH_PRIVATE_KEY', 'GPG_PRIVATE_KEY', 'VAULT_TOKEN', 'KUBECONFIG'],
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'OLDPWD', 'TMPDIR', 'NODE_OPTIONS', 'LD_PRELOAD'],
])
