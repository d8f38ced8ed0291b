import { describe, expect, test } from 'vitest'
import { due, expectAlive, expectDead, methods, outcomeOf, replies, requests } from './every-request.ts'
import { answer, openRaw } from './raw-peer.ts'

describe('what each request rejects with', () => {
  test.each(methods)(
    '$method: a refusal says "$title: permission denied", and the session lives on',
    async ({ title, ask }) => {
      const { outcome, session, peer } = await outcomeOf(ask, ({ id }) => answer.status(id, 3, 'Permission denied'))
      expect(outcome).toMatchObject({ code: 'permission_denied', message: `${title}: permission denied` })
      await expectAlive(session, peer)
    },
  )

  // promise: quoted-words
  test.each(methods)('$method: a status without a message makes a message', async ({ title, ask }) => {
    const { outcome } = await outcomeOf(ask, ({ id }) => answer.status(id, 4))
    expect(outcome).toMatchObject({ message: `${title}: the server reported a failure` })
  })

  test.each(methods)(
    '$method: an answer of every other kind is a protocol_error that ends the session',
    async ({ method, ask }) => {
      for (const [kind, reply] of Object.entries(replies)) {
        if (kind === due[method]) continue
        const { outcome, session, peer } = await outcomeOf(ask, ({ id }) => reply(id))
        expect(outcome, kind).toMatchObject({ code: 'protocol_error', message: expect.stringContaining('is due') })
        await expectDead(session, peer, 'protocol_error')
      }
    },
  )

  // promise: right-answer
  test.each(methods.filter(({ method }) => due[method] !== undefined))(
    '$method: STATUS OK, where something else is due, is a protocol_error',
    async ({ ask }) => {
      const { outcome, session, peer } = await outcomeOf(ask, ({ id }) => answer.status(id, 0, 'Success'))
      expect(outcome).toMatchObject({ code: 'protocol_error', message: expect.stringContaining('STATUS OK where') })
      await expectDead(session, peer, 'protocol_error')
    },
  )

  test.each(methods.filter(({ method }) => !['read', 'readdir'].includes(method)))(
    '$method: an end of file is an error of its own',
    async ({ ask }) => {
      const { outcome, session, peer } = await outcomeOf(ask, ({ id }) => answer.status(id, 1, 'End of file'))
      expect(outcome).toMatchObject({ code: 'operation_failed' })
      await expectAlive(session, peer)
    },
  )

  test.each([
    ['statvfs', 'statvfs@openssh.com'],
    ['hardlink', 'hardlink@openssh.com'],
    ['fsync', 'fsync@openssh.com'],
    ['lsetstat', 'lsetstat@openssh.com'],
    ['copyData', 'copy-data'],
    ['expandPath', 'expand-path@openssh.com'],
    ['usersGroupsById', 'users-groups-by-id@openssh.com'],
  ])('%s is unsupported, and not asked, where %s is not announced in its version', async (method, name) => {
    const [title = '', ask] = requests[method] ?? []
    for (const announced of [{}, { [name]: '99' }]) {
      const { session, peer } = await openRaw({ extensions: announced })
      await expect(ask?.(session)).rejects.toMatchObject({
        code: 'unsupported',
        message: `${title}: the server does not support ${name}`,
      })
      const next = session.remove('/x').catch(() => undefined)
      expect((await peer.next()).type).toBe(13)
      await session[Symbol.asyncDispose]()
      await next
    }
  })
})
