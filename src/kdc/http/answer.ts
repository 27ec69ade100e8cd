/**
 * How an answer ends: in time, and, where it comes before its request is whole, after reading on for a while. To close a connection on
 * which the other end still writes would take the answer from it, too (RFC 9112 §9.6).
 *
 * @module
 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from './limits.ts'

/** Whether all of a request has come. */
export function isWhole({ complete, headers }: IncomingMessage): boolean {
  // Node says so a moment later also where nothing follows.
  return complete || (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0))
}

/** What Node's server makes for each request, in place of its own. */
export function answerClass(
  limits: Pick<Limits, 'answerTimeoutMs' | 'discardTimeoutMs' | 'maxDiscardBytes'>,
): typeof ServerResponse<IncomingMessage> {
  return class Answer extends ServerResponse<IncomingMessage> {
    // biome-ignore lint/suspicious/noExplicitAny: as many forms as Node's own has
    override writeHead(...given: any[]): this {
      // What follows on this connection is not the next request.
      if (!isWhole(this.req)) this.shouldKeepAlive = false
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
      discard(req, limits, () => super.end(callback))
      return this
    }

    #endUnread(): void {
      const late = setTimeout(() => this.req.socket.destroy(), limits.answerTimeoutMs)
      late.unref()
      this.once('close', () => clearTimeout(late))
    }
  }
}

/** Reads what is left of a request, and forgets it: not for long, and not much. */
function discard(
  request: IncomingMessage,
  { discardTimeoutMs, maxDiscardBytes }: Pick<Limits, 'discardTimeoutMs' | 'maxDiscardBytes'>,
  done: () => void,
): void {
  let length = 0
  const late = setTimeout(finish, discardTimeoutMs)
  late.unref()
  function finish() {
    clearTimeout(late)
    request.off('end', finish).off('close', finish)
    done()
  }
  // Whoever has read the beginning does not want the rest, and would stop it from flowing.
  request.removeAllListeners('data')
  request.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length > maxDiscardBytes) finish()
  })
  request.once('end', finish).once('close', finish)
  request.resume()
}
