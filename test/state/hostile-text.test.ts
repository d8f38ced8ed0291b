import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { parseHolder } from '../../src/state/holder.ts'
import { parseState, stateText } from '../../src/state/state-text.ts'
import { states } from '../enmasse/arbitraries.ts'
import { madeOf, readOrRefused, spoiled } from '../support/hostile-text.ts'

const sha256 = 'a'.repeat(64)
/** As `stateText` may have to write them. */
const stored = states.map((state) => ({
  ...state,
  scripts: new Map(
    [...state.scripts].map(([name, { value, origin }]) => [name, { value: { ...value, sha256 }, origin }]),
  ),
}))

// promise: any-text
describe("a state's text", () => {
  test('is read back as the state that was written', () => {
    fc.assert(
      fc.property(stored, (state) => {
        expect(parseState(stateText(state))).toEqual(state)
      }),
    )
  })

  test('that was spoiled is refused, or is a state that is written as what was read', async () => {
    await fc.assert(
      fc.asyncProperty(
        stored.chain((state) => spoiled(stateText(state))),
        async (text) => {
          const read = await readOrRefused(() => parseState(text))
          if (read instanceof FerryError) expect(['state_unreadable', 'state_newer']).toContain(read.code)
          else expect(parseState(stateText(read))).toEqual(read)
        },
      ),
    )
  })

  test('of any JSON is refused or read', async () => {
    const key = fc.constantFrom('format', 'lineage', 'serial', 'connections', 'scripts', '__proto__', 'value', 'origin')
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(1, 0, -1, 1e308, 'x', '', null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value), async (document) => {
        await readOrRefused(() => parseState(JSON.stringify({ format: 1, lineage: 'l', serial: 1, ...document })))
      }),
    )
  })

  test.each(['[', '{"a":', '[[],'])('nested without end, as %s, is refused', async (piece) => {
    for (const text of [
      piece.repeat(200_000),
      `{"format":1,"lineage":"l","serial":1,"connections":${piece.repeat(200_000)}`,
    ]) {
      expect(await readOrRefused(() => parseState(text))).toMatchObject({ code: 'state_unreadable' })
    }
  })

  test('whose lists are nested deep and closed is refused', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const connection = `{"value":{"name":"a","host":"h","tags":${deep}},"origin":{}}`
    const text = `{"format":1,"lineage":"l","serial":1,"connections":[${connection}],"scripts":[]}`
    expect(await readOrRefused(() => parseState(text))).toMatchObject({ code: 'state_unreadable' })
  })
})

// promise: any-text
test('any text in a lock file is a holder that is one, or none', () => {
  const text = fc.oneof(
    madeOf('{', '}', '[', ']', '"token"', '"pid"', ':', ',', '1', '-1', 'null', '"0123456789abcdef"'),
    fc.json(),
    spoiled('{"token":"0123456789abcdef","pid":7,"host":"h","since":"2026-01-01T00:00:00.000Z","startTime":"1"}'),
  )
  fc.assert(
    fc.property(text, (content) => {
      const holder = parseHolder(content)
      if (holder !== undefined) expect(holder.pid).toBeGreaterThan(0)
    }),
  )
})
