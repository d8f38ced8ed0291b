/** A field's value for people, as it could be typed: lists with commas, options as `Key=value`. */
export function fieldText(field: string, value: unknown): string {
  if (field === 'bandwidth_limit') return `${value} MB/s`
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .flatMap(([key, one]: [string, unknown]) => [one].flat().map((each) => `${key}=${optionText(each)}`))
    .join(', ')
}

const optionText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
