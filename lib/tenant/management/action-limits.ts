/** @see https://auth0.com/docs/customize/actions/limitations and the entity limit policy */
export const ACTION_LIMITS = {
  /** Auth0's policy says 100; who agrees on more with Auth0 has more. */
  actions: 1000,
  boundPerTrigger: 20,
  versions: 50,
  secrets: 30,
  secretNameCharacters: 128,
  secretValueCharacters: 4096,
  dependencies: 10,
  codeBytes: 100_000,
  modules: 3,
} as const
