/** Cuts a stream of bytes into packets without their lengths; keeps what is incomplete for the next time. */
export class PacketSplitter {
  readonly #most: number
  #chunks: Buffer[] = []
  #size = 0

  /** A longer packet is an error, as it is for sftp-server. */
  constructor(most: number) {
    this.#most = most
  }

  /** The packets that `chunk` completes. Throws where a length is none. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const packets: Buffer[] = []
    for (let packet = this.#take(); packet !== undefined; packet = this.#take()) packets.push(packet)
    return packets
  }

  #take(): Buffer | undefined {
    if (this.#size < 4) return undefined
    const length = this.#head(4).readUInt32BE()
    if (length === 0 || length > this.#most) throw new RangeError(`a packet of ${length} bytes`)
    if (this.#size < 4 + length) return undefined
    const bytes = this.#head(4 + length)
    const first = this.#chunks.shift() ?? bytes
    this.#size -= 4 + length
    if (first.length > bytes.length) this.#chunks.unshift(first.subarray(bytes.length))
    return bytes.subarray(4)
  }

  /** The first bytes in one piece, which are there. */
  #head(length: number): Buffer {
    const [first] = this.#chunks
    if (first === undefined || first.length < length) this.#chunks = [Buffer.concat(this.#chunks)]
    return (this.#chunks[0] ?? Buffer.alloc(0)).subarray(0, length)
  }
}
