import { defineConfig } from 'vitest/config'

/** What `npm run mutation` runs on each mutant: the quick tests of the rooms that it changes. */
export default defineConfig({
  test: {
    env: { SEED: '1' },
    include: ['test/{claims,policy}/**/*.test.ts'],
    // Starts a tenant and processes for hundreds of logins.
    exclude: ['test/policy/parity.test.ts'],
  },
})
