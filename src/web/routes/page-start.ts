/** The first thing on a page that an address asks for; the beginning where there is no such page. */
export function startOf(text: string | undefined, count: number): number {
  const start = Number(text ?? 0)
  return Number.isSafeInteger(start) && start > 0 && start < count ? start : 0
}
