import { execFileSync } from 'node:child_process'

/** The end-to-end tests run what `bin/ferry.js` starts, so it is built from the sources under test. */
export default function setup(): void {
  execFileSync('node', ['scripts/build.js'], { stdio: 'inherit' })
}
