import type { CommandRun } from '../command-run.ts'
import type { CommandName } from '../grammar.ts'
import type { Command } from '../script.ts'
import { chgrp, chmod, chown } from './attributes.ts'
import { df } from './df.ts'
import { cd, mkdir, pwd, rmdir } from './directories.ts'
import { get } from './get.ts'
import { lcd, lmkdir, lpwd, lumask } from './local.ts'
import { ls } from './ls.ts'
import { cp, ln, rename, rm } from './names.ts'
import { put } from './put.ts'
import { help, progress, quit, version } from './session.ts'
import { lls, shell } from './shell.ts'

/** Carries a command out; rejects with FerryError where it fails. */
type Execute = (run: CommandRun, command: Command) => Promise<void>

/** How each command of the grammar is carried out. */
export const commands: Readonly<Record<CommandName, Execute>> = {
  cd,
  chgrp,
  chmod,
  chown,
  cp,
  df,
  get,
  help,
  lcd,
  lls,
  lmkdir,
  ln,
  lpwd,
  ls,
  lumask,
  mkdir,
  progress,
  put,
  pwd,
  quit,
  rename,
  rm,
  rmdir,
  version,
  shell,
}
