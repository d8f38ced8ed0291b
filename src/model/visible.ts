const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }

/**
 * Characters that a terminal acts on, or that change how a line reads: C0, DEL, C1, line and paragraph separators, directional
 * and invisible marks, bytes that are not UTF-8, other lone surrogates, and the backslash, which starts an escape.
 */
const active =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** What most names are, which is told much sooner. */
const harmless = /^[ -[\]-~]*$/

/** Text as one safe line: `a\nb`, `\x1b[2J`, `\u202e`; a byte that is not UTF-8 shows as `\xff`. */
export function visible(text: string): string {
  if (harmless.test(text)) return text
  return text.replace(active, (character) => {
    const code = character.charCodeAt(0)
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
    return (
      named[character] ??
      (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
    )
  })
}

/** A stranger's words (status texts, banners, reasons), cut to a length that fits a message. */
export function excerpt(text: string, length = 200): string {
  const trimmed = text.trim()
  return trimmed.length > length ? `${trimmed.slice(0, length)}…` : trimmed
}
