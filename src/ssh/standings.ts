import { type Directive, type Options, placeText, wrong } from './config-options.ts'
import type { Need } from './settings.ts'

/** What the built-in transport makes of the options that it does not honour. */
export interface Standings {
  readonly needs: readonly Need[]
  /** Asked for, and without effect over either transport. */
  readonly warnings: readonly string[]
  /** Of ssh_config, and left out by the built-in transport. */
  readonly notes: readonly string[]
}

/**
 * Sorts what was set: an option of a flag or a connection was asked for; one of ssh_config may be meant for another program, unless
 * the connection depends on it.
 */
export function standingsOf(options: Options): Standings {
  const needs: Need[] = []
  const warnings: string[] = []
  const notes: string[] = []
  for (const directive of options) {
    const { keyword, origin, label } = directive
    const { name, standing, note } = keyword
    const asked = origin.source === 'flag' || origin.source === 'stored'
    if (standing === 'honoured' || standing === 'harmless' || standing === 'dead' || isUsual(directive)) continue
    if (standing === 'moot') {
      if (asked) warnings.push(`${name} has no effect (${whereOf(directive)}): ${note}`)
    } else if (asked || standing === 'decides') needs.push({ what: name, origin, label })
    else notes.push(`${name} is left out (${whereOf(directive)})`)
  }
  return { needs, warnings, notes }
}

/** Whether it says what is so anyway. */
function isUsual({ keyword, words, text }: Directive): boolean {
  const { form, usual, off } = keyword
  const printed = form.print({ words, text })
  const isNone = words.length === 1 && words[0]?.toLowerCase() === 'none'
  return isNone || printed === usual || (off !== undefined && printed === form.print({ words: [off], text: off }))
}

const whereOf = ({ origin, label }: Directive): string => (origin.place === undefined ? label : placeText(origin.place))

/** The built-in transport was asked for, and cannot do what else was asked for. */
export function cannotDo({ what, origin, label }: Need): Error {
  return wrong(
    `${what} needs the system's ssh`,
    origin,
    label,
    'transport: openssh, or auto, which takes it where it is needed',
  )
}
