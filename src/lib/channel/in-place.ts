/**
 * Sockets that read into one buffer which all of them share: nothing stands between the system and the cipher, and an idle
 * connection has no buffer of its own. Node does so with the option `onread`.
 */
import * as net from 'node:net'
import type { Duplex } from 'node:stream'

/** More than one frame, so that most are there whole and need not be put together. */
const BUFFER_BYTES = 256 * 1024

/**
 * Takes what has come; the bytes are good during the call only.
 *
 * @returns whether more may come now: otherwise it does after `resume`.
 */
export type OnBytes = (bytes: Uint8Array) => boolean

interface Reader {
  take: OnBytes
}

let buffer: Uint8Array | undefined
const readers = new WeakMap<Duplex, Reader>()

/** What to make a socket with. */
function optionsFor(reader: Reader) {
  buffer ??= new Uint8Array(BUFFER_BYTES)
  return {
    buffer,
    callback: (length: number, bytes: Uint8Array) => reader.take(bytes.subarray(0, length)),
  }
}

/** As `net.connect`. */
export function connectInPlace(options: net.TcpNetConnectOpts): net.Socket {
  const reader: Reader = { take: () => false }
  const socket = net.connect({ ...options, onread: optionsFor(reader) })
  readers.set(socket, reader)
  return socket
}

/**
 * An accepted connection, on which nothing has been read, as a socket that can be read in place.
 *
 * Node has the option for sockets that connect, and none for those that a server accepts: the connection is handed to a
 * socket of our own, by way of a property that is not documented. Where there is none, everything works as well, slower.
 */
export function acceptInPlace(accepted: net.Socket): net.Socket {
  const withHandle = accepted as net.Socket & { _handle?: object | null }
  const handle = withHandle._handle
  if (!handle) return accepted
  withHandle._handle = null
  const reader: Reader = { take: () => false }
  const options = { handle, allowHalfOpen: accepted.allowHalfOpen, onread: optionsFor(reader) }
  const socket = new net.Socket(options as net.SocketConstructorOpts)
  readers.set(socket, reader)
  // The server counts the accepted one.
  socket.on('close', () => accepted.destroy())
  return socket
}

/**
 * Has everything that a socket reads given to `take`.
 *
 * @returns false when it cannot be read in place: it is to be read as every stream is.
 */
export function readInPlace(stream: Duplex, take: OnBytes): boolean {
  const reader = readers.get(stream)
  if (!reader) return false
  reader.take = take
  return true
}

/**
 * Gives the memory of bytes back at once that nothing refers to any more, where Node can (from 21 on): the next that are needed then
 * lie where the processor still has them in its cache. Left to the garbage collector, they would lie somewhere else each time.
 */
export function giveBack(bytes: Uint8Array): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer }
  // Of a buffer that is shared, other parts are in use.
  if (bytes.length === buffer.byteLength) buffer.transfer?.(0)
}
