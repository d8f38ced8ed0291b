import fc from 'fast-check'
import { testSeed } from './test-seed.ts'

/** How often each property is tried that does not say so itself: briefly here, for long by `npm run fuzz`. */
fc.configureGlobal({ seed: testSeed, numRuns: Number(process.env['FUZZ_RUNS'] || 200) })
