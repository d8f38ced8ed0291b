import type { Case } from './cases.ts'
import type { Figure } from './run-case.ts'

/** One line of what a figure must be, and is. */
export interface Verdict {
  readonly text: string
  /** Absent where nothing could be compared. */
  readonly verdict: 'goal' | 'must' | 'missed'
}

/** Compares ferry's figure with the peers' of the same case. */
export function judge({ targets, memory }: Case, figures: readonly Figure[]): Verdict[] {
  const ferry = figures.find(({ peer }) => peer === 'ferry')
  if (ferry === undefined) return []
  if (memory !== undefined) {
    return [{ text: `${ferry.peakMiB.toFixed(0)} of ${memory.must} MiB`, verdict: verdict(ferry.peakMiB, memory) }]
  }
  return targets.flatMap((target) => {
    const others = figures.filter(({ peer }) => peer !== 'ferry' && (target.against ?? peer) === peer)
    const [best] = others.toSorted((one, other) => one.medianMs - other.medianMs)
    if (best === undefined) return []
    const ratio = ferry.medianMs / best.medianMs
    return [{ text: `${ratio.toFixed(2)} of ${best.peer}, must ${target.must}`, verdict: verdict(ratio, target) }]
  })
}

const verdict = (figure: number, { must, goal }: { must: number; goal: number }): Verdict['verdict'] =>
  figure <= goal ? 'goal' : figure <= must ? 'must' : 'missed'
