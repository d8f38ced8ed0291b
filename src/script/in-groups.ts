/** Runs the task on all items, `size` of them at once, and gives the results in the items' order. */
export async function inGroups<T, R>(items: readonly T[], size: number, task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += size) {
    results.push(...(await Promise.all(items.slice(at, at + size).map(task))))
  }
  return results
}
