/** Whether a text matches a pattern of `*` (any characters) and `?` (one), as ssh_config(5) PATTERNS has them. */
export function matchesPattern(text: string, pattern: string): boolean {
  // Greedy with one step back: linear in practice, never exponential, whatever the pattern holds.
  let at = 0
  let patternAt = 0
  let starAt = -1
  let retryAt = 0
  while (at < text.length) {
    const wanted = pattern[patternAt]
    if (wanted === '*') {
      starAt = patternAt
      retryAt = at
      patternAt += 1
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[at])) {
      patternAt += 1
      at += 1
    } else if (starAt >= 0) {
      retryAt += 1
      at = retryAt
      patternAt = starAt + 1
    } else {
      return false
    }
  }
  while (pattern[patternAt] === '*') patternAt += 1
  return patternAt === pattern.length
}

/**
 * Whether a text matches a comma-separated pattern list: one pattern at least, and none that is negated with `!`. A list of
 * negations alone matches nothing.
 */
export function matchesPatternList(text: string, list: string): boolean {
  let matched = false
  for (const pattern of list.split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesPattern(text, negated ? pattern.slice(1) : pattern)) continue
    if (negated) return false
    matched = true
  }
  return matched
}

/** The same for a host name, where case does not count. */
export const matchesHostList = (host: string, list: string): boolean =>
  matchesPatternList(host.toLowerCase(), list.toLowerCase())
