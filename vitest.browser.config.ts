import { defineConfig } from 'vitest/config'

/** The tests that need a Chromium: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['test/e2e/browser/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
