const signals: Readonly<Record<number, NodeJS.Signals>> = { 130: 'SIGINT', 143: 'SIGTERM' }

/** How long what is still done with files may take. */
const restMs = 500
const lookMs = 25

/** Ends the process; nothing that is still open may keep it waiting. */
export async function endProcess(status: number): Promise<never> {
  for (let waitedMs = 0; isAtWork() && waitedMs < restMs; waitedMs += lookMs) {
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
  return endProcessNow(status)
}

/**
 * Node's own end waits for its threads, and one that reads a terminal, or a disk that is gone, does not come back: then a signal ends the
 * process.
 */
export function endProcessNow(status: number): never {
  if (isAtWork()) {
    // A signal runs none of the listeners that end what ferry has started.
    process.emit('exit', status)
    const signal = signals[status] ?? 'SIGKILL'
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
  return process.exit(status)
}

/** Whether a thread of Node's is at work on a file. */
const isAtWork = (): boolean => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
