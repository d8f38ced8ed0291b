import { parseScript } from '../src/script/parse-script.ts'
import type { OwnFigure } from './start-up.ts'

const count = 100_000
const kinds = [
  'cd "/srv/in box"',
  'get -p *.csv ./incoming',
  '-rm *.tmp # gone',
  `rename a.txt done/\${day}.txt`,
  'chmod 644 "it\'s here"',
]

/** Reading a very long script. */
export function parsing(rounds = 5): OwnFigure {
  const text = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]).join('\n')
  const times = Array.from({ length: rounds }, () => {
    const startedAt = performance.now()
    parseScript(text, { file: 'bench', variables: { day: 'monday' } })
    return performance.now() - startedAt
  }).sort((a, b) => a - b)
  const medianMs = times[times.length >> 1] ?? Number.NaN
  const [minMs = medianMs, maxMs = medianMs] = [times.at(0), times.at(-1)]
  const limit = 'must 1000 ms'
  return { name: `parsing, ${count} lines`, medianMs, minMs, maxMs, peakMiB: 0, rounds, limit, held: medianMs < 1000 }
}
