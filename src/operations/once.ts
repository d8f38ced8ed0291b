/** Does it when it is first asked for, and gives what came of it ever after. */
export function once<T>(act: () => T): () => T {
  let done: { readonly result: T } | undefined
  return () => {
    done ??= { result: act() }
    return done.result
  }
}
