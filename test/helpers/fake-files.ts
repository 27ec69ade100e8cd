/**
 * Where a KDC keeps files, in memory, as docs/protocol.md §7.4 has it. What is in `chunks` a test may change: it is what a KDC could do.
 */
import { ProtocolError } from '../../src/lib/errors.ts'

const SEALED_CHUNK = 262_160
const TAG = 16

interface FakeFile {
  readonly by: string
  readonly group: string
  readonly bytes: number
  readonly chunks: Map<number, string>
}

const refuse = (code: ConstructorParameters<typeof ProtocolError>[0], detail: string = code) =>
  new ProtocolError(code, `refused: ${detail}`)

export class FakeFiles {
  readonly stored = new Map<string, FakeFile>()
  readonly dropped: string[] = []
  readonly #isMember: (username: string, group: string) => boolean

  constructor(isMember: (username: string, group: string) => boolean) {
    this.#isMember = isMember
  }

  answer(username: string, path: string, body: Record<string, unknown>): unknown {
    const [file, index] = [String(body.file), Number(body.index)]
    if (Buffer.from(file, 'base64url').length !== 16) throw refuse('request_refused', 'file')
    if (path === '/files/begin') return this.#begin(username, file, String(body.group), Number(body.bytes))
    if (path === '/files/put') return this.#put(username, file, index, String(body.chunk))
    if (path === '/files/get') return { chunk: this.#get(username, file, index), time: 0 }
    if (path === '/files/drop') return this.#drop(username, file)
    throw new Error(`no such path: ${path}`)
  }

  #begin(by: string, file: string, group: string, bytes: number) {
    if (!this.#isMember(by, group)) throw refuse('group_unknown')
    const last = bytes % SEALED_CHUNK
    const full = last === 0 || last > TAG || bytes === TAG
    if (!full || bytes < TAG) throw refuse('request_refused', `no chunks add up to ${bytes}`)
    const before = this.stored.get(file)
    if (before && (before.by !== by || before.group !== group || before.bytes !== bytes))
      throw refuse('file_exists')
    if (!before) this.stored.set(file, { by, group, bytes, chunks: new Map() })
    return { time: 0 }
  }

  #put(by: string, id: string, index: number, chunk: string) {
    const file = this.stored.get(id)
    if (file?.by !== by || !this.#isMember(by, file.group)) throw refuse('file_unknown')
    const length = Math.min(SEALED_CHUNK, file.bytes - index * SEALED_CHUNK)
    if (Buffer.from(chunk, 'base64url').length !== length) throw refuse('request_refused', 'chunk')
    if ((file.chunks.get(index) ?? chunk) !== chunk) throw refuse('file_exists')
    file.chunks.set(index, chunk)
    return { time: 0 }
  }

  #get(username: string, id: string, index: number): string {
    const file = this.stored.get(id)
    const chunk = file?.chunks.get(index)
    if (!file || chunk === undefined || !this.#isMember(username, file.group)) throw refuse('file_unknown')
    return chunk
  }

  #drop(by: string, id: string) {
    this.dropped.push(id)
    if (this.stored.get(id)?.by === by) this.stored.delete(id)
    return { time: 0 }
  }
}
