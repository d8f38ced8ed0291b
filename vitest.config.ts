import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { manifestValidator } from './scripts/manifest-validator.js'
import { MissingReporter } from './test/support/missing-reporter.ts'

const wholeProgram = ['test/e2e/**/*.test.ts', 'test/golden/**/*.test.ts']

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most tests wait for servers, programs and timeouts rather than compute.
    maxWorkers: Math.max(4, availableParallelism()),
    globalSetup: ['test/support/ensure-installed.ts'],
    reporters: ['default', new MissingReporter()],
    projects: [
      {
        plugins: [manifestValidator.vite],
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          // Every server of the wild is met by `npm run interop`.
          exclude: [...wholeProgram, 'test/interop/**'],
          setupFiles: ['test/support/property-runs.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'program', include: wholeProgram, globalSetup: ['test/support/build-program.ts'] },
      },
    ],
  },
})
