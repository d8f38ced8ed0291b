import type { Place } from '../errors/ferry-error.ts'
import type { ObjectKind } from '../model/plan.ts'
import type { Origin } from '../model/state.ts'
import type { Fault } from './expand-text.ts'
import type { Part, ProblemList } from './problem-list.ts'
import { type Checked, schemaFindings } from './schema-findings.ts'
import type { YamlMap } from './yaml-node.ts'

/** One object of a manifest as it is written, with where. */
export interface Declaration extends Part {
  readonly map: YamlMap
  /** Absolute; where relative paths start. */
  readonly folder: string
}

/** What an object is called in messages: `connection "bank"`, or `connection 3` where it has no name. */
export function subjectOf(kind: ObjectKind, map: YamlMap, index: number): string {
  const name = map.entries.get('name')?.value
  return name?.kind === 'scalar' && typeof name.value === 'string' ? `${kind} "${name.value}"` : `${kind} ${index + 1}`
}

/** Tells something wrong with the value of a field. */
export function failField(problems: ProblemList, declaration: Declaration, field: string, fault: Fault): void {
  const entry = declaration.map.entries.get(field)
  problems.error(declaration, entry?.value.offset ?? declaration.map.offset, fault, [entry?.written ?? field])
}

/** Tells all that the schema finds wrong. Gives the fields whose values are not to be used. */
export function checkSchema(
  problems: ProblemList,
  declaration: Declaration,
  checked: Checked,
  value: unknown,
): ReadonlySet<string> {
  const broken = new Set<string>()
  for (const { offset, path, field, ...fault } of schemaFindings(checked, declaration.map, value)) {
    if (field === undefined || declaration.map.entries.get(field)?.faulty !== true) {
      problems.error(declaration, offset, fault, path)
    }
    if (field !== undefined) broken.add(field)
  }
  return broken
}

/** Where an object and its fields came from. */
export function originOf({ source, map }: Declaration, owner: string | undefined): Origin {
  const fields = new Map<string, Place>()
  for (const [name, { keyOffset }] of map.entries) if (name !== 'name') fields.set(name, source.place(keyOffset))
  return { ...(owner !== undefined && { owner }), place: source.place(map.offset), fields }
}
