import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { sync } from '../../src/operations/sync.ts'
import { upload } from '../../src/operations/upload.ts'
import { writeFile } from '../../src/operations/write-file.ts'
import { parseScript } from '../../src/script/parse-script.ts'
import { runScript } from '../../src/script/run-script.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { isTemporaryName } from '../../src/transfer/temporary-name.ts'
import { programChannel } from '../sftp/program-channel.ts'
import { programPath } from '../support/openssh.ts'
import { describeWithDisks } from '../support/requirements.ts'
import { meanwhile, status } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { smallDisk } from '../support/small-disk.ts'
import { counted, namesIn, outcomeOf, plant, remembered, servedRig, signal } from './rig.ts'

const content = counted(3_000_000)
const rename = 'posix-rename@openssh.com'

/** `big` goes from the directory of one side into that of the other, where an old one is. */
interface Sides {
  readonly session: SftpSession
  readonly here: string
  /** As the server knows it. */
  readonly there: string
}
type Act = (sides: Sides) => Promise<{ summary?: unknown; error?: unknown }>

const moves = (move: (sides: Sides) => Parameters<typeof outcomeOf>[0]): Act => {
  return async (sides) => {
    const { summary, error } = await outcomeOf(move(sides))
    return { summary, error: error ?? summary?.failures[0]?.error }
  }
}
const script =
  (line: (sides: Sides) => string): Act =>
  async (sides) => {
    const { listener } = remembered()
    const remote = { session: sides.session, preferences: { localCommands: false, fsync: false } }
    const options = { environment: {}, localDirectory: sides.here, atomic: true, signal, listener }
    for await (const { ok, error } of runScript(remote, parseScript(line(sides), { file: 'x' }), options)) {
      return ok ? { summary: {} } : { error }
    }
    throw new Error('no line ran')
  }
const big = ({ there }: Sides) => remotePath(`${there}/big`)

const toServer: Readonly<Record<string, Act>> = {
  upload: moves((sides) => upload(sides.session, [`${sides.here}/big`], big(sides), { signal })),
  'upload --resume': moves((sides) =>
    upload(sides.session, [`${sides.here}/big`], big(sides), { resume: true, signal }),
  ),
  'upload --verify': moves((sides) =>
    upload(sides.session, [`${sides.here}/big`], big(sides), { verify: true, signal }),
  ),
  sync: moves(({ session, here, there }) => sync(session, here, remotePath(there), { signal })),
  write: (sides) =>
    writeFile(sides.session, big(sides), readFileSync(`${sides.here}/big`), { signal }).then(
      (summary) => ({ summary }),
      (error: unknown) => ({ error }),
    ),
  'exec --atomic': script(({ there }) => `put big ${there}/big`),
}

/** What write is given is in memory when it begins. */
const { write: _write, ...fromFiles } = toServer

const toHere: Readonly<Record<string, Act>> = {
  download: moves((sides) => download(sides.session, [big(sides)], `${sides.here}/big`, { signal })),
  'download --resume': moves((sides) =>
    download(sides.session, [big(sides)], `${sides.here}/big`, { resume: true, signal }),
  ),
  'download --verify': moves((sides) =>
    download(sides.session, [big(sides)], `${sides.here}/big`, { verify: true, signal }),
  ),
  'sync --pull': moves(({ session, here, there }) => sync(session, here, remotePath(there), { pull: true, signal })),
  'exec --atomic': script(({ there }) => `get ${there}/big big`),
}

async function over(
  name: string,
  acts: Readonly<Record<string, Act>>,
  faults: (sides: Sides & { root: string }) => Fault[],
) {
  const planned: Fault[] = []
  const rig = await servedRig({ faults: planned })
  const sides = { session: rig.session, here: rig.here(), there: '/w' }
  const [source, target] = acts === toServer ? [rig.here(), rig.there('w')] : [rig.there('w'), rig.here()]
  plant(source, { big: content })
  plant(target, { big: 'old' })
  planned.push(...faults({ ...sides, root: rig.there() }))
  const outcome = (await acts[name]?.(sides)) ?? {}
  return { ...outcome, target, source }
}

/** The old file is whole, nothing is beside it but what `--resume` keeps, and the message says what was done and what is there now. */
function expectOld(name: string, { error, target }: Awaited<ReturnType<typeof over>>, reason: RegExp, keeps: boolean) {
  if (!(error instanceof FerryError)) throw new Error(`${name} did not fail`)
  expect(error.message).toMatch(reason)
  expect(error.message).toMatch(/big is as it was/)
  expect(readFileSync(`${target}/big`, 'utf8')).toBe('old')
  const beside = namesIn(target).filter((one) => one !== 'big')
  const isKept = keeps && name.endsWith('--resume')
  expect(beside.map(isTemporaryName)).toEqual(isKept ? [true] : [])
  if (isKept) expect(error.message).toContain('is kept for --resume')
}

// promise: old-or-new
describe.each(Object.keys(toServer))('%s into a file that is there', (name) => {
  test.each<[string, Fault[], RegExp, boolean]>([
    ['a disk that is full at first', [{ on: 'write', act: status(14) }], /no space left on the server/, true],
    ['a disk that gets full', [{ on: 'write', after: 5, act: status(14) }], /no space left on the server/, true],
    ['a quota that shows at the end', [{ on: 'close', path: /ferry-/, act: status(15) }], /quota exceeded/, true],
    ['a permission that is lost midway', [{ on: 'write', after: 5, act: status(3) }], /permission denied/, false],
    ['no permission beside it', [{ on: 'open', path: /ferry-/, act: status(3) }], /permission denied/, false],
    ['a rename that is refused', [{ on: rename, act: status(3) }], /permission denied/, false],
    ['a rename that fails', [{ on: rename, act: status(4) }], /the server reported a failure/, false],
  ])('over %s leaves the old one, and says so', async (_fault, faults, reason, keeps) => {
    expectOld(name, await over(name, toServer, () => faults), reason, keeps)
  })

  test('whose attributes are refused has the new one', async () => {
    const { error, target } = await over(name, toServer, () => [{ on: ['fsetstat', 'setstat'], act: status(3) }])
    // An attribute that was the step itself has failed, and the content is there all the same.
    if (error !== undefined) expect(error).toMatchObject({ code: 'permission_denied' })
    expect(readFileSync(`${target}/big`).equals(content)).toBe(true)
    expect(namesIn(target)).toEqual(['big'])
  })
})

// promise: old-or-new
describe.each(Object.keys(fromFiles))('%s into a file that is there', (name) => {
  test('of a source that is cut meanwhile leaves the old one', async () => {
    const outcome = await over(name, toServer, ({ here }) => [
      { on: 'write', after: 2, times: 1, act: meanwhile(() => truncateSync(`${here}/big`, 1000)) },
    ])
    expectOld(name, outcome, /: it ended after \d+ of 3000000 bytes, |has changed|SHA-256/, false)
  })

  test('of a source that is replaced meanwhile has one of them whole', async () => {
    const { target } = await over(name, toServer, ({ here }) => [
      {
        on: 'write',
        after: 2,
        times: 1,
        act: meanwhile(() => {
          writeFileSync(`${here}/other`, 'another')
          renameSync(`${here}/other`, `${here}/big`)
        }),
      },
    ])
    const now = readFileSync(`${target}/big`)
    expect([content, Buffer.from('another'), Buffer.from('old')].some((one) => now.equals(one))).toBe(true)
  })
})

// promise: old-or-new
describe.each(Object.keys(toHere))('%s into a file that is here', (name) => {
  test.each<[string, Fault[], RegExp]>([
    ['a permission that is lost midway', [{ on: 'read', after: 5, act: status(3) }], /permission denied/],
    ['a READ that fails', [{ on: 'read', after: 5, act: status(4) }], /the server reported a failure/],
    ['an end that comes too early', [{ on: 'read', after: 2, act: status(1) }], /it ended after/],
  ])('over %s leaves the old one, and says so', async (_fault, faults, reason) => {
    expectOld(name, await over(name, toHere, () => faults), reason, false)
  })

  test('of a source that is cut meanwhile leaves the old one', async () => {
    const outcome = await over(name, toHere, ({ root }) => [
      { on: 'read', after: 1, times: 1, act: meanwhile(() => truncateSync(`${root}/w/big`, 1000)) },
    ])
    expectOld(name, outcome, /./, false)
  })

  test('of a source that grows meanwhile has all of it, or the old one', async () => {
    const { target, source } = await over(name, toHere, ({ root }) => [
      { on: 'read', after: 1, times: 1, act: meanwhile(() => appendFileSync(`${root}/w/big`, 'more')) },
    ])
    const now = readFileSync(`${target}/big`)
    expect([readFileSync(`${source}/big`), content, Buffer.from('old')].some((one) => now.equals(one))).toBe(true)
  })

  test('of which the directory disappears here says so, and leaves nothing', async () => {
    const { error } = await over(name, toHere, ({ here }) => [
      { on: 'read', after: 1, times: 1, act: meanwhile(() => rmSync(here, { recursive: true })) },
    ])
    expect(error).toMatchObject({ code: 'local_failed', message: expect.stringContaining('on this machine') })
  })
})

// promise: old-or-new
describeWithDisks('a disk that is really full', () => {
  function full(): string {
    const disk = smallDisk(1024)
    onTestFinished(() => disk[Symbol.dispose]())
    return disk.path
  }

  test.each(Object.keys(toServer))('under %s leaves the old file on the server, and says so', async (name) => {
    const [there, rig] = [full(), await servedRig()]
    const session = await openSession(programChannel(programPath('sftp-server'), [], there), {
      timeoutMs: 30_000,
      signal,
    })
    onTestFinished(() => session[Symbol.asyncDispose]())
    plant(rig.here(), { big: content })
    plant(there, { big: 'old' })
    const outcome = (await toServer[name]?.({ session, here: rig.here(), there })) ?? {}
    expectOld(name, { ...outcome, target: there, source: rig.here() }, /no space left on the server/, true)
  })

  test.each(Object.keys(toHere))('under %s leaves the old file here, and says so', async (name) => {
    const [here, rig] = [full(), await servedRig()]
    plant(rig.there('w'), { big: content })
    plant(here, { big: 'old' })
    const outcome = (await toHere[name]?.({ session: rig.session, here, there: '/w' })) ?? {}
    expectOld(name, { ...outcome, target: here, source: rig.there('w') }, /no space left on this machine/, true)
  })
})
