import { execFile } from 'node:child_process'

/** Long for a program that only says its version. */
const patienceMs = 2000

/** The version of the system's ssh client, `9.2p1`; nothing where there is none. */
export function openSshVersion(): Promise<string | undefined> {
  return new Promise((resolve) => {
    // ssh(1) writes it to stderr.
    execFile('ssh', ['-V'], { timeout: patienceMs }, (_error, _stdout, stderr) => {
      resolve(/^OpenSSH_(\S+?),?(?:\s|$)/.exec(stderr)?.[1])
    })
  })
}
