/**
 * Where a test tries made-up input, that input is the same in each run, so that a red run tells of the change at hand and not of luck.
 * `TEST_SEED` explores other input.
 */
export const testSeed = Number(process.env['TEST_SEED'] || 1)
