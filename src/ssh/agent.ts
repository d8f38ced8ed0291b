import { connect } from 'node:net'
import { orAbort } from '../model/or-abort.ts'
import { fields, readFields } from './wire-fields.ts'

/** A public key that an agent can sign with. */
export interface AgentKey {
  readonly blob: Buffer
  readonly comment: string
}

/** Message numbers of draft-miller-ssh-agent §6.1. */
const message = {
  success: 6,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
  addIdentity: 17,
  addConstrained: 25,
} as const

/** §4.2.6: what the agent keeps to when it uses a key. */
const constraint = { lifetime: 1, confirm: 2 } as const

/** SSH_AGENT_RSA_SHA2_256 and _512 (§4.5.1): which signature an RSA key is to make. */
const signatureFlags: Readonly<Record<string, number>> = { 'rsa-sha2-256': 2, 'rsa-sha2-512': 4 }

/** As OpenSSH's authfd.c: no answer is longer, and no agent holds more keys. */
const answerBytesMax = 256 * 1024
const keysMax = 2048

/** The keys that the agent at a socket holds. Rejects with whatever keeps it from answering. */
export async function agentKeys(socketPath: string, signal: AbortSignal): Promise<AgentKey[]> {
  const answer = await ask(socketPath, Buffer.of(message.requestIdentities), message.identitiesAnswer, signal)
  const count = answer.length < 4 ? keysMax + 1 : answer.readUInt32BE()
  if (count > keysMax) throw new Error('the agent sent nonsense')
  const parts = readFields(answer.subarray(4), count * 2)
  return Array.from({ length: count }, (_, index) => ({
    blob: parts[index * 2] ?? Buffer.alloc(0),
    comment: parts[index * 2 + 1]?.toString('utf8') ?? '',
  }))
}

/** A signature by the agent, without the name of its algorithm. */
export async function agentSignature(
  socketPath: string,
  key: Buffer,
  data: Buffer,
  algorithm: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const flags = Buffer.alloc(4)
  flags.writeUInt32BE(signatureFlags[algorithm] ?? 0)
  const request = Buffer.concat([Buffer.of(message.signRequest), fields(key, data), flags])
  const [signature = Buffer.alloc(0)] = readFields(await ask(socketPath, request, message.signResponse, signal), 1)
  const [name, value] = readFields(signature, 2)
  if (value === undefined || name?.toString('latin1') !== algorithm) {
    throw new Error(`the agent does not sign with ${algorithm}`)
  }
  return value
}

/** Gives a private key to the agent; `key` is as its format has it (§4.2). Rejects where the agent does not take it. */
export async function addToAgent(
  socketPath: string,
  key: Buffer,
  comment: string,
  { confirm, lifetimeSeconds }: { readonly confirm: boolean; readonly lifetimeSeconds: number },
  signal: AbortSignal,
): Promise<void> {
  const lifetime = Buffer.alloc(5)
  lifetime[0] = constraint.lifetime
  lifetime.writeUInt32BE(lifetimeSeconds, 1)
  const constraints = [...(lifetimeSeconds > 0 ? [lifetime] : []), ...(confirm ? [Buffer.of(constraint.confirm)] : [])]
  const number = constraints.length > 0 ? message.addConstrained : message.addIdentity
  const request = Buffer.concat([Buffer.of(number), key, fields(comment), ...constraints])
  await ask(socketPath, request, message.success, signal)
}

/** One request on a connection of its own. Gives the answer's body. */
async function ask(socketPath: string, request: Buffer, wanted: number, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted()
  const socket = connect(socketPath)
  try {
    const answered = new Promise<Buffer>((resolve, reject) => {
      let received = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        if (received.length < 4) return
        const length = received.readUInt32BE()
        if (length < 1 || length > answerBytesMax) reject(new Error('the agent sent nonsense'))
        else if (received.length >= 4 + length) resolve(received.subarray(4, 4 + length))
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the agent closed the connection')))
    })
    socket.write(fields(request))
    const answer = await orAbort(answered, signal)
    if (answer[0] !== wanted) throw new Error('the agent refused')
    return answer.subarray(1)
  } finally {
    socket.destroy()
  }
}
