import type { TransportEvents } from '../ssh/transport.ts'

/**
 * Asks for what is typed unseen once, and answers the same question with it at each later login. A question that comes twice in one login
 * may be another host's in the same words, or its answer was refused: it is asked anew, and nothing is kept of it.
 */
export function typedOnce(ask: NonNullable<TransportEvents['ask']>): () => NonNullable<TransportEvents['ask']> {
  const typed = new Map<string, string>()
  return () => {
    const asked = new Set<string>()
    return async (prompt, signal) => {
      const { text, echo } = prompt
      // A yes to a host key is no answer to the next one.
      if (echo) return ask(prompt, signal)
      const isFirst = !asked.has(text)
      asked.add(text)
      const known = isFirst ? typed.get(text) : undefined
      typed.delete(text)
      const answer = known ?? (await ask(prompt, signal))
      if (isFirst) typed.set(text, answer)
      return answer
    }
  }
}
