/** What a script's commands change for those that follow. Neither the process's directory nor its mask is ever changed. */
export interface ScriptState {
  /** Where a `cd` without path goes back to. */
  readonly startDirectory: string
  /** The remote directory. */
  directory: string
  /** Absolute, without links. */
  localDirectory: string
  /** The mask that `lumask` set. */
  umask: number | undefined
  showsProgress: boolean
  /** Nothing runs after this command. */
  isOver: boolean
}
