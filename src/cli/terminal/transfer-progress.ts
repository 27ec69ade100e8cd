/**
 * How far the files of a transfer are, from what is told of each.
 *
 * @module
 */
import type { ProgressSink } from './progress.ts'

/** How much there is, as far as that is known beforehand. */
export interface TransferTotal {
  readonly files?: number | undefined
  /** In bytes; nothing when one of them is from a pipe. */
  readonly size?: number | undefined
}

interface Counted {
  readonly name: string
  readonly size: number | undefined
  readonly number: number
  bytes: number
}

/** Counts the bytes of each item, by whatever object stands for it. */
export class TransferProgress {
  readonly #meter: ProgressSink
  #extent: TransferTotal
  readonly #items = new Map<object, Counted>()
  #bytes = 0
  #before = 0
  #last: Counted | undefined

  constructor(meter: ProgressSink, extent: TransferTotal = {}) {
    this.#meter = meter
    this.#extent = extent
  }

  /** So much is to come; more may. */
  expect(extent: TransferTotal): void {
    this.#extent = extent
  }

  /** Of how many files something has moved. */
  get files(): number {
    return this.#items.size
  }

  /** What is on its way, or was last. */
  get last(): Pick<Counted, 'name' | 'bytes' | 'size'> | undefined {
    return this.#last
  }

  /**
   * @param name - made safe already.
   * @param before - so much of it was there, and need not move.
   */
  begin(item: object, name: string, size: number | undefined, before = 0): void {
    const number = this.#items.size + 1
    this.#last = { name, size, number, bytes: before }
    this.#items.set(item, this.#last)
    this.#bytes += before
    this.#before += before
  }

  /** So many bytes of an item that was begun are moved, from its beginning. */
  at(item: object, bytes: number): void {
    const counted = this.#items.get(item)
    if (!counted) return
    this.#bytes += bytes - counted.bytes
    counted.bytes = bytes
    const { name, size, number } = counted
    // Once there is more than was said, nobody knows how much there is.
    const files = atMost(number, this.#extent.files)
    const whole = { file: number, files, bytes: this.#bytes, size: atMost(this.#bytes, this.#extent.size) }
    this.#meter.at({
      name,
      bytes,
      size,
      before: this.#before,
      ...(files === 1 ? {} : { whole }),
    })
  }

  end(): void {
    this.#meter.end()
  }
}

const atMost = (least: number, said: number | undefined) =>
  said !== undefined && said >= least ? said : undefined
