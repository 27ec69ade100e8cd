/**
 * How an answer ends: in time, and, where it comes before its request is whole, after reading on for a while. To close a connection on
 * which the other end still writes would take the answer from it, too (RFC 9112 §9.6).
 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionLimits } from './limits.ts'

/** As much comes with the headers, or soon after. */
const SHORT_BYTES = 65_536

type DiscardLimits = Pick<
  ConnectionLimits,
  'discardTimeoutMs' | 'maxDiscardBytes' | 'maxDiscards' | 'maxWaitingDiscards'
>

/** Whether all of a request has come. */
export function isWhole(request: IncomingMessage): boolean {
  // Node says so a moment later also where nothing follows.
  return request.complete || announcedBytes(request) === 0
}

/** What a request announces as its body, in bytes; without an end, if it comes in chunks. */
export function announcedBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return Number(headers['content-length'] ?? 0)
}

/** What Node's server makes for each request, in place of its own. */
export function answerClass(
  limits: DiscardLimits & Pick<ConnectionLimits, 'answerTimeoutMs'>,
): typeof ServerResponse<IncomingMessage> {
  const discard = new Discard(limits)
  return class Answer extends ServerResponse<IncomingMessage> {
    // biome-ignore lint/suspicious/noExplicitAny: as many forms as Node's own has
    override writeHead(...given: any[]): this {
      // A long wait for the next request.
      if (!isWhole(this.req) && announcedBytes(this.req) > SHORT_BYTES) this.shouldKeepAlive = false
      return super.writeHead(...(given as Parameters<ServerResponse['writeHead']>))
    }

    // biome-ignore lint/suspicious/noExplicitAny: as many forms as Node's own has
    override end(...given: any[]): this {
      this.#endUnread()
      const { req } = this
      if (isWhole(req) || req.destroyed) return super.end(...given)
      const callback = given.find((each) => typeof each === 'function')
      const [chunk, encoding] = given.filter((each) => typeof each !== 'function')
      if (chunk === undefined || chunk === null) this.flushHeaders()
      else this.write(chunk, encoding)
      discard.start(req, () => super.end(callback))
      return this
    }

    #endUnread(): void {
      const late = setTimeout(() => this.req.socket.destroy(), limits.answerTimeoutMs)
      late.unref()
      this.once('close', () => clearTimeout(late))
    }
  }
}

/** Reads what is left of requests, and forgets it: not for long, not much of each, and of a few at a time. */
class Discard {
  readonly #limits: DiscardLimits
  readonly #waiting = new Set<() => void>()
  #underWay = 0

  constructor(limits: DiscardLimits) {
    this.#limits = limits
  }

  /** @param done - called once, when that is over. */
  start(request: IncomingMessage, done: () => void): void {
    const { discardTimeoutMs, maxDiscardBytes, maxDiscards, maxWaitingDiscards } = this.#limits
    let length = 0
    let isUnderWay = false
    const begin = () => {
      isUnderWay = true
      this.#underWay++
      request.resume()
    }
    const finish = () => {
      clearTimeout(late)
      request.off('end', finish).off('close', finish)
      this.#waiting.delete(begin)
      if (isUnderWay) this.#next()
      done()
    }
    const late = setTimeout(finish, discardTimeoutMs)
    late.unref()
    // The handler that has read the beginning does not want the rest, and would stop it from flowing.
    request.removeAllListeners('data').pause()
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > maxDiscardBytes) finish()
      // A piece in every turn of the event loop: Node would read on for as long as something comes.
      request.pause()
      setImmediate(() => isUnderWay && request.resume())
    })
    request.once('end', finish).once('close', finish)
    // Listening has let it flow.
    request.pause()
    if (this.#underWay < maxDiscards) begin()
    else if (this.#waiting.size < maxWaitingDiscards) this.#waiting.add(begin)
    else finish()
  }

  #next(): void {
    this.#underWay--
    const [begin] = this.#waiting
    if (!begin) return
    this.#waiting.delete(begin)
    begin()
  }
}
