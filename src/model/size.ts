const steps = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** A size for people: `812 B`, then one decimal of KiB, MiB, GiB. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let step = 0
  while (value >= 1023.95 && step < steps.length - 1) {
    value /= 1024
    step += 1
  }
  return `${value.toFixed(1)} ${steps[step] ?? ''}`
}
