import type { Writable } from 'node:stream'
import type { Ora } from 'ora'

/** Work that ends within this is not worth a line. */
const patienceMs = 300
/** At most ten redraws a second. */
const intervalMs = 100
const wheel = ['-', '\\', '|', '/']

/** The one line of a terminal that is redrawn in place, and erased before any other line and at its end. */
export interface LiveLine {
  /** Shows `text()` from 300 ms on, until the function that it gives is called. `turning` puts a wheel before it. */
  show(text: () => string, turning: boolean): () => void
  /** Runs `work` with the line erased, as when a person is asked. */
  without<T>(work: () => Promise<T>): Promise<T>
}

/** A live line on a terminal. ora puts what others write to the terminal above it. */
export function liveLine(stream: Writable): LiveLine {
  let current: Ora | undefined
  /** How many works want no line at the moment. */
  let erasers = 0
  const show = (text: () => string, turning: boolean): (() => void) => {
    let ended = false
    let mine: Ora | undefined
    const timer = setTimeout(async () => {
      const { default: ora } = await import('ora')
      if (ended) return
      // Raw mode and signal handlers are not for ora to set: it would take Ctrl-C from us.
      const options = { stream: stream as NodeJS.WritableStream, color: false, isEnabled: true } as const
      mine = ora({
        ...options,
        discardStdin: false,
        hideCursor: false,
        spinner: { interval: intervalMs, frames: turning ? wheel : [''] },
        ...(turning ? { text: text() } : { prefixText: text }),
      })
      current = mine
      if (erasers === 0) mine.start()
    }, patienceMs)
    timer.unref()
    return () => {
      ended = true
      clearTimeout(timer)
      mine?.stop()
      if (current === mine) current = undefined
    }
  }
  return {
    show,
    async without(work) {
      erasers += 1
      current?.stop()
      try {
        return await work()
      } finally {
        erasers -= 1
        if (erasers === 0) current?.start()
      }
    },
  }
}

/** Where there is no terminal to draw on. */
export const noLine: LiveLine = { show: () => () => {}, without: (work) => work() }
