import type { Case } from './cases.ts'
import { measure, type Run, type Spread, spread } from './measure.ts'
import type { Peer, Target } from './peers.ts'

/** What one program did in one case. */
export type Figure = Spread & { readonly peer: string }

/** A peer that took so many times as long as the fastest is not asked again: it will not be the best. */
const hopeless = 3

/** Runs all programs in turn, round by round, each round beginning with another one, and gives their figures, ferry's first. */
export async function runCase(
  one: Case,
  programs: readonly Peer[],
  target: Target,
  rounds: number,
  environment: NodeJS.ProcessEnv,
): Promise<Figure[]> {
  one.prepare()
  const runs = new Map<Peer, Run[]>()
  const failed = new Set<Peer>()
  const able = programs.filter(({ command }) => command(one.act, target) !== undefined)
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < able.length; turn += 1) {
      const peer = able[(turn + round) % able.length]
      const command = peer?.command(one.act, target)
      if (peer === undefined || command === undefined || failed.has(peer) || isHopeless(peer, runs)) continue
      one.reset()
      try {
        const run = await measure([...target.through, ...command], { environment, peak: one.memory !== undefined })
        one.verify(run.output)
        runs.set(peer, [...(runs.get(peer) ?? []), run])
      } catch (error) {
        if (peer.name === 'ferry') throw error
        failed.add(peer)
        console.error(`  ${peer.name} is left out: ${String(error).slice(0, 300)}`)
      }
    }
  }
  one.reset()
  return able.flatMap((peer) => {
    const its = runs.get(peer)
    return its === undefined || failed.has(peer) ? [] : [{ peer: peer.name, ...spread(its) }]
  })
}

function isHopeless(peer: Peer, runs: ReadonlyMap<Peer, readonly Run[]>): boolean {
  const fastest = (its: readonly Run[]): number => Math.min(...its.map(({ ms }) => ms))
  const its = runs.get(peer)
  if (its === undefined || peer.name === 'ferry') return false
  const best = Math.min(...[...runs].flatMap(([other, others]) => (other.name === 'ferry' ? [] : [fastest(others)])))
  return fastest(its) > hopeless * best
}
