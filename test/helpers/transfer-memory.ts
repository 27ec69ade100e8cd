/** Sources and sinks in memory, and two ends of a stream that can be cut. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { type ProtocolCode, ProtocolError } from '../../src/lib/errors.ts'
import type {
  EntrySource,
  FileSink,
  FileSource,
  OpenFile,
  TransferItem,
  TreeSink,
  TreeSource,
} from '../../src/lib/transfer/index.ts'

/** What crossed, and where the line is cut: after so many bytes of one side. */
export interface Line {
  alice: Buffer[]
  bob: Buffer[]
  readonly cut?: { readonly of: 'alice' | 'bob'; readonly after: number } | undefined
}

/** Two ends: what is written to one is read from the other, with back pressure. One that is destroyed takes the other with it. */
export function pair(line: Line = { alice: [], bob: [] }): [alice: Duplex, bob: Duplex] {
  const [alice, nearAlice] = duplexPair()
  const [bob, nearBob] = duplexPair()
  const all = [alice, nearAlice, bob, nearBob]
  const cut = () => {
    for (const end of all) if (!isOver(end)) end.destroy()
  }
  for (const end of all) {
    end.on('error', () => {})
    end.on('close', () => {
      if (!isOver(end)) cut()
    })
  }
  const carry = async (from: Duplex, to: Duplex, who: 'alice' | 'bob') => {
    let left = line.cut?.of === who ? line.cut.after : Number.POSITIVE_INFINITY
    if (left === 0) cut()
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      const part: Buffer = chunk.subarray(0, left)
      left -= part.length
      line[who].push(Buffer.from(part))
      if (!to.write(part)) await once(to, 'drain')
      // What was let through arrives before the cut does.
      if (left === 0) setImmediate(() => setImmediate(cut))
      if (left === 0) return
    }
    to.end()
  }
  carry(nearAlice, nearBob, 'alice').catch(cut)
  carry(nearBob, nearAlice, 'bob').catch(cut)
  return [alice, bob]
}

const isOver = (end: Duplex) => end.readableEnded && end.writableFinished

/** 00 01 … fa 00 01 … */
export function pattern(length: number, seed = 0): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i + seed) % 251))
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

export interface Faults {
  /** Size that is claimed. */
  readonly size?: number | undefined
  /** Read so much and then fail so. */
  readonly failAt?: number
  readonly error?: Error
  readonly verify?: () => Promise<void>
}

/** A content in memory; `reads` hears from where it is read. */
export function content(bytes: Uint8Array, faults: Faults = {}, reads: number[] = []): OpenFile {
  return {
    ...('size' in faults ? (faults.size === undefined ? {} : { size: faults.size }) : { size: bytes.length }),
    async read(into, position) {
      reads.push(position)
      if (faults.failAt !== undefined && position >= faults.failAt) throw faults.error
      const part = bytes.subarray(position, position + into.length)
      into.set(part)
      return part.length
    },
    ...(faults.verify && { verify: faults.verify }),
    async close() {},
  }
}

export function file(name: string, bytes: Uint8Array, faults: Faults = {}, reads: number[] = []): FileSource {
  return { kind: 'file', name, open: async () => content(bytes, faults, reads) }
}

export function tree(
  name: string,
  entries: Record<string, Uint8Array | null>,
  faults: Record<string, Faults> = {},
): TreeSource {
  return {
    kind: 'directory',
    name,
    async *entries(): AsyncGenerator<EntrySource> {
      for (const [key, bytes] of Object.entries(entries)) {
        const path = key.split('/')
        if (bytes === null) yield { kind: 'directory', path }
        else yield { kind: 'file', path, open: async () => content(bytes, faults[key]) }
      }
    },
  }
}

/** A place for files, in memory. */
export class Place {
  readonly saved = new Map<string, Buffer>()
  readonly held = new Map<string, Buffer>()
  readonly log: string[] = []
  /** Thrown where this is done. */
  readonly faults = new Map<'start' | 'write' | 'finish' | 'directory', ProtocolCode>()

  take = async (item: TransferItem): Promise<FileSink | TreeSink> =>
    item.kind === 'directory' ? this.tree(item.name) : this.file(item.name)

  #fault(at: 'start' | 'write' | 'finish' | 'directory'): void {
    const code = this.faults.get(at)
    if (code) throw new ProtocolError(code, 'as the test wants it')
  }

  file(name: string, into: Map<string, Buffer> = this.saved): FileSink {
    const pieces: Uint8Array[] = []
    const held = this.held.get(name)
    return {
      ...(held && {
        held: async function* () {
          yield held
        },
      }),
      start: async (from) => {
        this.#fault('start')
        this.log.push(`start ${name} ${from}`)
        if (from > 0 && held) pieces.push(held)
      },
      write: (bytes) => {
        this.#fault('write')
        pieces.push(Uint8Array.from(bytes))
        return undefined
      },
      finish: async (hash) => {
        this.#fault('finish')
        const whole = Buffer.concat(pieces)
        if (!sha256(whole).equals(hash)) throw new Error('finished with a wrong hash')
        into.set(name, whole)
        this.log.push(`finish ${name}`)
      },
      abandon: async (why) => {
        this.log.push(`abandon ${name} ${why}`)
      },
    }
  }

  tree(name: string): TreeSink {
    const entries = new Map<string, Buffer>()
    return {
      directory: async (path) => {
        this.#fault('directory')
        entries.set(`${name}/${path.join('/')}/`, Buffer.alloc(0))
      },
      file: async (path) => this.file(`${name}/${path.join('/')}`, entries),
      finish: async () => {
        this.#fault('finish')
        this.saved.set(`${name}/`, Buffer.alloc(0))
        for (const [path, bytes] of entries) this.saved.set(path, bytes)
        this.log.push(`finish ${name}/`)
      },
      abandon: async (why) => {
        this.log.push(`abandon ${name}/ ${why}`)
      },
    }
  }
}
