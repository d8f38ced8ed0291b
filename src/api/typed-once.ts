import type { TransportEvents } from '../ssh/transport.ts'

/** Asks for what is typed unseen once, and answers the same question with it at each later login; where it comes back in one, it is asked anew. */
export function typedOnce(ask: NonNullable<TransportEvents['ask']>): () => NonNullable<TransportEvents['ask']> {
  const typed = new Map<string, string>()
  return () => {
    const answered = new Set<string>()
    return async (prompt, signal) => {
      const { text, echo } = prompt
      // A yes to a host key is no answer to the next one.
      if (echo) return ask(prompt, signal)
      const known = answered.has(text) ? undefined : typed.get(text)
      answered.add(text)
      const answer = known ?? (await ask(prompt, signal))
      typed.set(text, answer)
      return answer
    }
  }
}
