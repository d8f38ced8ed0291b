import type { FerryError } from '../errors/ferry-error.ts'

/** After so many requests in a row that failed alone as well the server is believed. */
const mostDoubts = 8
/** A server that answered so many requests beside others bears them. */
const fewAnswers = 8

/** After so many good answers beside others one refusal may have had another reason: a disk that was away for a moment. */
const manyAnswers = 64

/** A request that waits for its turn, or is in flight. */
export interface Turn {
  /** Whether it says the same, and changes nothing more, when it is sent again after a refusal. */
  readonly mayRepeat: boolean
  /** Whether there is another reason why it may succeed now. */
  readonly isExplained?: (() => boolean) | undefined
  /** Whether others were in flight when it was sent; set here. */
  hadOthers: boolean
}

/**
 * When requests are sent: at once, or one after the other where the server refuses several at a time. That shows when one that failed
 * while others were in flight succeeds alone, or is answered with a reason; one that fails alone as well has failed.
 */
export class Turns<T extends Turn> {
  readonly #send: (turn: T) => void
  readonly #onSerial: (() => void) | undefined
  readonly #waiting: T[] = []
  readonly #wantingAlone: T[] = []
  #isSerial: boolean
  #goodBeside = 0
  #alone: T | undefined
  #inFlight = 0
  #doubts = 0
  #answeredBeside = 0

  /** `onSerial` is called once, when the server's refusals are the reason for sending requests one by one. */
  constructor(send: (turn: T) => void, isSerial: boolean, onSerial?: () => void) {
    this.#send = send
    this.#isSerial = isSerial
    this.#onSerial = onSerial
  }

  /** Sends it now, or when its turn comes. */
  enter(turn: T): void {
    if (this.#mustWait || this.#waiting.length > 0) this.#waiting.push(turn)
    else this.#admitOne(turn)
  }

  /** It was answered, with a failure or without; gives whether it is sent once more, alone, as others can have been in its way. */
  leave(turn: T, failure?: FerryError): boolean {
    const hadOthers = turn.hadOthers || this.#inFlight > 1
    if (hadOthers) this.#answeredBeside += 1
    if (hadOthers && !isFailure(failure)) this.#goodBeside += 1
    this.#inFlight -= 1
    const wasAlone = this.#alone === turn
    if (wasAlone) {
      this.#alone = undefined
      this.#learn(failure, turn)
    }
    const mayHelp = hadOthers && !wasAlone && this.#doubts < mostDoubts
    const repeats = mayHelp && turn.mayRepeat && isFailure(failure)
    if (repeats) this.#wantingAlone.push(turn)
    this.#admit()
    return repeats
  }

  /** Gives up whoever waits. */
  clear(): T[] {
    return [...this.#waiting.splice(0), ...this.#wantingAlone.splice(0)]
  }

  /** Whether several are in flight, and the server has hardly ever answered one beside others. */
  get isTrial(): boolean {
    return this.#inFlight > 1 && this.#answeredBeside < fewAnswers
  }

  get #mustWait(): boolean {
    return this.#alone !== undefined || this.#wantingAlone.length > 0 || (this.#isSerial && this.#inFlight > 0)
  }

  #learn(failure: FerryError | undefined, { isExplained }: T): void {
    if (isFailure(failure)) {
      this.#doubts += 1
      return
    }
    if (isExplained?.()) return
    this.#doubts = 0
    const mayBeChance = this.#goodBeside > manyAnswers
    this.#goodBeside = 0
    if (mayBeChance || this.#isSerial) return
    this.#isSerial = true
    this.#onSerial?.()
  }

  #admitOne(turn: T): void {
    this.#inFlight += 1
    turn.hadOthers = this.#inFlight > 1
    this.#send(turn)
  }

  #admit(): void {
    if (this.#inFlight === 0) {
      this.#alone = this.#wantingAlone.shift()
      if (this.#alone !== undefined) this.#admitOne(this.#alone)
    }
    while (this.#waiting.length > 0 && !this.#mustWait) {
      const turn = this.#waiting.shift()
      if (turn !== undefined) this.#admitOne(turn)
    }
  }
}

/** What a server says that cannot, or does not say why. */
const isFailure = (failure: FerryError | undefined): boolean => failure?.code === 'operation_failed'
