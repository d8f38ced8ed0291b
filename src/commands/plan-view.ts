import { fieldNamed } from '../manifest/fields.ts'
import { isSecretField } from '../model/connection.ts'
import type { FieldChange, Plan, Step } from '../model/plan.ts'
import { fieldText } from './field-text.ts'
import type { Io } from './io.ts'

type ShownStep = Exclude<Step, { readonly action: 'keep' }>

const shownSteps = ({ steps }: Plan): ShownStep[] => steps.flatMap((step) => (step.action === 'keep' ? [] : [step]))

/** A plan as `--json` prints it. */
export function planDocument(
  plan: Plan,
  { applied, serial }: { readonly applied: boolean; readonly serial: number },
): Readonly<Record<string, unknown>> {
  const changes = shownSteps(plan).map(({ action, kind, name, fields }) => ({ action, kind, name, fields }))
  const { summary, changingOwner } = plan
  const owners = changingOwner !== undefined && { changing_owner: changingOwner }
  return { applied, serial, changes, summary: { ...summary, ...owners } }
}

/** A line for each step, as a plan and an import show it, and under it the fields where `withFields`. */
export function planLines(style: Io['style'], plan: Plan, { withFields }: { readonly withFields: boolean }): string[] {
  const steps = shownSteps(plan)
  const shown = ({ action, fields }: ShownStep): readonly FieldChange[] =>
    withFields && action !== 'delete' ? fields : []
  const width = Math.max(0, ...steps.flatMap(shown).map(({ name }) => name.length)) + 2
  return steps.flatMap((step) => [
    head(style, step),
    ...shown(step).map((change) => `    ${change.name.padEnd(width)}${changeText(step, change)}`),
  ])
}

function head(style: Io['style'], { action, kind, name }: ShownStep): string {
  if (action === 'create') return style.green(`+ ${kind} ${name}`)
  if (action === 'update') return style.yellow(`~ ${kind} ${name}`)
  return style.red(`- ${kind} ${name}`)
}

function changeText({ action, kind }: ShownStep, { name, before, after }: FieldChange): string {
  if (action === 'create') return fieldText(name, after)
  const isConnection = kind === 'connection'
  if (isConnection && isSecretField(name) && before !== undefined && after !== undefined) return '(sensitive, differs)'
  const side = (value: unknown): string => {
    if (value !== undefined) return fieldText(name, value)
    const standing = isConnection ? fieldNamed(name)?.default : undefined
    return standing === undefined ? '(not set)' : `${fieldText(name, standing)} (default)`
  }
  return `${side(before)} -> ${side(after)}`
}

export const hasChanges = ({ summary }: Plan): boolean => summary.create + summary.update + summary.delete > 0
