/**
 * One answer that goes on: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) with a single
 * event, "there is mail". Of what a slow client has not read yet only the last is kept: more says nothing more.
 *
 * @module
 */
import { utf8 } from '../../lib/bytes.ts'

export const EVENT_STREAM = 'text/event-stream'

const COMMENT = utf8(':\n\n')
const mail = (position: number) => utf8(`event: mail\nid: ${position}\ndata: {}\n\n`)

/** The KDC's end of one such answer. */
export class EventStream {
  /** What is sent. Its first bytes are a comment, so that the subscriber knows that it is one. */
  readonly body: ReadableStream<Uint8Array>
  readonly #onEnd: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #position: number | undefined
  #owesBeat = false

  /** @param onEnd - called once, when it has ended, at whichever end. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          controller.enqueue(COMMENT)
        },
        pull: () => this.#flush(),
        cancel: () => this.#ended(),
      },
      { highWaterMark: 1 },
    )
  }

  mail(position: number): void {
    this.#position = position
    this.#flush()
  }

  /** Shows that both are alive. A client that has not read what it was sent the last time is not: its stream ends. */
  beat(): void {
    if (this.#owesBeat) this.end()
    this.#owesBeat = true
    this.#flush()
  }

  end(): void {
    const controller = this.#controller
    if (!controller) return
    this.#ended()
    controller.close()
  }

  #flush(): void {
    if (!this.#controller || (this.#controller.desiredSize ?? 0) <= 0) return
    const [position, owesBeat] = [this.#position, this.#owesBeat]
    // First, for `enqueue` may come back here at once. Mail shows as well that both are alive.
    this.#position = undefined
    this.#owesBeat = false
    if (position !== undefined) this.#controller.enqueue(mail(position))
    else if (owesBeat) this.#controller.enqueue(COMMENT)
  }

  #ended(): void {
    if (!this.#controller) return
    this.#controller = undefined
    this.#onEnd()
  }
}
