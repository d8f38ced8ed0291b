import type { Command } from 'commander'
import type { CommandContext } from './context.ts'

export const groups = ['Manage', 'Run', 'Transfer', 'Look', 'Change', 'Other'] as const
export type Group = (typeof groups)[number]

/** A command as help and dispatch know it; its module is loaded when it is asked for. */
export interface CommandEntry {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly group: Group
  /** False: a narrower form of another command, which that one's help names. */
  readonly listed?: false
  /** It changes the state, and may have to wait for its lock. */
  readonly locks?: true
  readonly load: (context: CommandContext) => Promise<Command>
}

/** Every command, in the order of help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'enmasse',
    group: 'Manage',
    locks: true,
    load: async (context) => (await import('./enmasse.ts')).enmasseCommand(context),
  },
  {
    name: 'connections',
    group: 'Manage',
    locks: true,
    load: async (context) => (await import('./connections.ts')).connectionsCommand(context),
  },
  {
    name: 'scripts',
    group: 'Manage',
    locks: true,
    load: async (context) => (await import('./scripts.ts')).scriptsCommand(context),
  },
  {
    name: 'state',
    group: 'Manage',
    locks: true,
    load: async (context) => (await import('./state.ts')).stateCommand(context),
  },
  { name: 'ping', group: 'Run', load: async (context) => (await import('./ping.ts')).pingCommand(context) },
  { name: 'exec', group: 'Run', load: async (context) => (await import('./exec.ts')).execCommand(context) },
  { name: 'shell', group: 'Run', load: async (context) => (await import('./shell.ts')).shellCommand(context) },
  {
    name: 'upload',
    aliases: ['put'],
    group: 'Transfer',
    load: async (context) => (await import('./upload.ts')).uploadCommand(context),
  },
  {
    name: 'download',
    aliases: ['get'],
    group: 'Transfer',
    load: async (context) => (await import('./download.ts')).downloadCommand(context),
  },
  {
    name: 'download-file',
    group: 'Transfer',
    listed: false,
    load: async (context) => (await import('./download.ts')).downloadFileCommand(context),
  },
  { name: 'sync', group: 'Transfer', load: async (context) => (await import('./sync.ts')).syncCommand(context) },
  {
    name: 'read',
    aliases: ['cat'],
    group: 'Transfer',
    load: async (context) => (await import('./read.ts')).readCommand(context),
  },
  { name: 'write', group: 'Transfer', load: async (context) => (await import('./write.ts')).writeCommand(context) },
  {
    name: 'ls',
    aliases: ['list'],
    group: 'Look',
    load: async (context) => (await import('./ls.ts')).lsCommand(context),
  },
  {
    name: 'info',
    aliases: ['stat'],
    group: 'Look',
    load: async (context) => (await import('./info.ts')).infoCommand(context),
  },
  {
    name: 'exists',
    group: 'Look',
    load: async (context) => (await import('./kind-question.ts')).existsCommand(context),
  },
  {
    name: 'is-file',
    group: 'Look',
    load: async (context) => (await import('./kind-question.ts')).isFileCommand(context),
  },
  {
    name: 'is-directory',
    group: 'Look',
    load: async (context) => (await import('./kind-question.ts')).isDirectoryCommand(context),
  },
  {
    name: 'is-symlink',
    group: 'Look',
    load: async (context) => (await import('./kind-question.ts')).isSymlinkCommand(context),
  },
  { name: 'df', group: 'Look', load: async (context) => (await import('./df.ts')).dfCommand(context) },
  {
    name: 'mkdir',
    aliases: ['create-directory'],
    group: 'Change',
    load: async (context) => (await import('./mkdir.ts')).mkdirCommand(context),
  },
  {
    name: 'move',
    aliases: ['mv'],
    group: 'Change',
    load: async (context) => (await import('./move.ts')).moveCommand(context),
  },
  { name: 'rename', group: 'Change', load: async (context) => (await import('./rename.ts')).renameCommand(context) },
  {
    name: 'delete',
    aliases: ['rm'],
    group: 'Change',
    load: async (context) => (await import('./delete.ts')).deleteCommand(context),
  },
  {
    name: 'delete-file',
    group: 'Change',
    listed: false,
    load: async (context) => (await import('./delete.ts')).deleteFileCommand(context),
  },
  {
    name: 'delete-directory',
    aliases: ['rmdir'],
    group: 'Change',
    listed: false,
    load: async (context) => (await import('./delete.ts')).deleteDirectoryCommand(context),
  },
  {
    name: 'delete-symlink',
    group: 'Change',
    listed: false,
    load: async (context) => (await import('./delete.ts')).deleteSymlinkCommand(context),
  },
  {
    name: 'symlink',
    aliases: ['create-symlink'],
    group: 'Change',
    load: async (context) => (await import('./symlink.ts')).symlinkCommand(context),
  },
  {
    name: 'hardlink',
    aliases: ['create-hardlink'],
    group: 'Change',
    load: async (context) => (await import('./hardlink.ts')).hardlinkCommand(context),
  },
  { name: 'chmod', group: 'Change', load: async (context) => (await import('./chmod.ts')).chmodCommand(context) },
  { name: 'chown', group: 'Change', load: async (context) => (await import('./chown.ts')).chownCommand(context) },
  { name: 'chgrp', group: 'Change', load: async (context) => (await import('./chown.ts')).chgrpCommand(context) },
  {
    name: 'completion',
    group: 'Other',
    load: async (context) => (await import('./completion.ts')).completionCommand(context),
  },
  { name: 'web', group: 'Other', load: async (context) => (await import('./web.ts')).webCommand(context) },
]

/** The command of that name or alias. */
export function findCommand(name: string): CommandEntry | undefined {
  return commands.find((entry) => entry.name === name || entry.aliases?.includes(name))
}
