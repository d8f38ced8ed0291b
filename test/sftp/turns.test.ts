import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { type Turn, Turns } from '../../src/sftp/turns.ts'

class Named implements Turn {
  readonly name: string
  readonly mayRepeat: boolean
  hadOthers = false

  constructor(name: string, mayRepeat = true) {
    this.name = name
    this.mayRepeat = mayRepeat
  }
}

/** A server's end of the turns: what was sent, in order, and what of it is not answered. */
function begin(isSerial: boolean): { turns: Turns<Named>; sent: string[]; inFlight: Set<Named>; serials: number[] } {
  const sent: string[] = []
  const serials: number[] = []
  const inFlight = new Set<Named>()
  const turns = new Turns<Named>(
    (turn) => {
      sent.push(turn.name)
      inFlight.add(turn)
    },
    isSerial,
    () => serials.push(sent.length),
  )
  return { turns, sent, inFlight, serials }
}

const failure = new FerryError('operation_failed', 'failure')
const refusal = new FerryError('not_found', 'no such file')

test('one by one, requests are sent in the order in which they came, whenever they come', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (steps) => {
      const { turns, sent, inFlight } = begin(true)
      let made = 0
      const answerOne = (): void => {
        for (const turn of [...inFlight]) {
          inFlight.delete(turn)
          expect(turns.leave(turn)).toBe(false)
          expect(inFlight.size).toBeLessThanOrEqual(1)
        }
      }
      for (const isNew of steps) {
        if (isNew) turns.enter(new Named(String(made++)))
        else answerOne()
        expect(inFlight.size).toBe(sent.length < made ? 1 : inFlight.size)
      }
      while (inFlight.size > 0) answerOne()
      expect(sent).toEqual(Array.from({ length: made }, (_, index) => String(index)))
    }),
  )
})

test('one that fails beside others is sent again alone, and where that helps all are sent one by one', () => {
  const { turns, sent, serials } = begin(false)
  const [one, two, three] = [new Named('one'), new Named('two'), new Named('three')]
  turns.enter(one)
  turns.enter(two)
  expect(turns.leave(two, failure)).toBe(true)
  turns.enter(three)
  expect(sent).toEqual(['one', 'two'])
  turns.leave(one)
  expect(sent).toEqual(['one', 'two', 'two'])
  expect(turns.leave(two, refusal)).toBe(false)
  expect(serials).toEqual([3])
  expect(sent).toEqual(['one', 'two', 'two', 'three'])
  turns.enter(new Named('four'))
  expect(sent.at(-1)).toBe('three')
  turns.leave(three)
  expect(sent.at(-1)).toBe('four')
})

test('one that fails alone as well has failed, and the others go on beside each other', () => {
  const { turns, sent, serials } = begin(false)
  const [one, two] = [new Named('one'), new Named('two')]
  turns.enter(one)
  turns.enter(two)
  expect(turns.leave(one, failure)).toBe(true)
  turns.leave(two)
  expect(turns.leave(one, failure)).toBe(false)
  turns.enter(new Named('three'))
  turns.enter(new Named('four'))
  expect(sent).toEqual(['one', 'two', 'one', 'three', 'four'])
  expect(serials).toEqual([])
})

test('what may not be repeated, and what fails with a reason, is not sent again', () => {
  const { turns, sent } = begin(false)
  const once = new Named('once', false)
  const missing = new Named('missing')
  turns.enter(once)
  turns.enter(missing)
  expect(turns.leave(once, failure)).toBe(false)
  expect(turns.leave(missing, refusal)).toBe(false)
  expect(sent).toEqual(['once', 'missing'])
})

test('one chance refusal among many good answers does not have all sent one by one, a second one right after it does', () => {
  const { turns, serials } = begin(false)
  const refused = (): void => {
    const [one, two] = [new Named('one'), new Named('two')]
    turns.enter(one)
    turns.enter(two)
    expect(turns.leave(two, failure)).toBe(true)
    turns.leave(one)
    turns.leave(two)
  }
  const many = Array.from({ length: 100 }, (_, index) => new Named(String(index)))
  for (const turn of many) turns.enter(turn)
  for (const turn of many) turns.leave(turn)
  refused()
  expect(serials).toEqual([])
  refused()
  expect(serials).toHaveLength(1)
})

test('at the end whoever waits is given back, and nobody is sent any more', () => {
  const { turns, sent } = begin(true)
  const all = ['one', 'two', 'three'].map((name) => new Named(name))
  for (const turn of all) turns.enter(turn)
  expect(turns.clear().map(({ name }) => name)).toEqual(['two', 'three'])
  expect(sent).toEqual(['one'])
})
