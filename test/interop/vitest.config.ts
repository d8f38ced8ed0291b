import { defineConfig } from 'vitest/config'
import { MissingReporter } from '../support/missing-reporter.ts'

/** `npm run interop`: every server, apart from `npm test`. */
export default defineConfig({
  test: {
    include: ['test/interop/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/support/ensure-servers.ts', 'test/support/build-program.ts'],
    reporters: ['verbose', new MissingReporter()],
  },
})
