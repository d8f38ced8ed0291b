import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** Says in the last lines of a run which tests were skipped for want of something, and of what. */
export class MissingReporter implements Reporter {
  readonly #write: (text: string) => void

  constructor(write: (text: string) => void = (text) => void process.stderr.write(text)) {
    this.#write = write
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const namesByReason = new Map<string, string[]>()
    for (const test of modules.flatMap((module) => [...module.children.allTests('skipped')])) {
      const reason = missing(test)
      if (reason === undefined) continue
      const names = namesByReason.get(reason) ?? []
      namesByReason.set(reason, [...names, `  ${test.module.relativeModuleId} > ${test.fullName}\n`])
    }
    for (const [reason, names] of namesByReason) {
      this.#write(`${names.length} skipped: ${reason}\n${names.join('')}`)
    }
  }
}

function missing(test: TestCase): string | undefined {
  for (let task: TestCase['parent'] = test.parent; task.type === 'suite'; task = task.parent) {
    const { missing: reason } = task.meta()
    if (reason !== undefined) return reason
  }
  return undefined
}
