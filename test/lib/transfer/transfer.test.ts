/** Files over a stream, between two who keep to the protocol, on a line that may be cut. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ProtocolError } from '../../../src/lib/errors.ts'
import {
  type Fate,
  type Item,
  type ReceiveOptions,
  receiveItems,
  type Source,
  sendItems,
} from '../../../src/lib/transfer/index.ts'
import { rejects } from '../../helpers/throws.ts'
import { file, type Line, Place, pair, pattern, sha256, tree } from './memory.ts'

const transfer = suite('transfer')

const word = (item: Item, fate: Fate) =>
  `${[item.name, ...(item.path ?? [])].join('/')} ${fate.saved ? 'saved' : fate.code}`

async function run(sources: Source[], place: Place, options: ReceiveOptions = {}, line?: Line) {
  const [alice, bob] = pair(line)
  const fates: { alice: string[]; bob: string[] } = { alice: [], bob: [] }
  const [sent, received] = await Promise.allSettled([
    sendItems(alice, sources, { onFate: (item, fate) => fates.alice.push(word(item, fate)) }),
    receiveItems(bob, place.take, { ...options, onFate: (item, fate) => fates.bob.push(word(item, fate)) }),
  ])
  return { sent, received, fates }
}

async function whole(sources: Source[], place: Place, options: ReceiveOptions = {}) {
  const { sent, received, fates } = await run(sources, place, options)
  if (sent.status === 'rejected') throw sent.reason
  if (received.status === 'rejected') throw received.reason
  return { sent: sent.value, received: received.value, fates }
}

const SMALL = 64 * 1024

transfer('files of all sizes arrive as they were', async () => {
  const sizes = [0, 1, SMALL - 1, SMALL, SMALL + 1, 256 * 1024, 256 * 1024 + 1, 3_000_000]
  const place = new Place()
  const { sent, received, fates } = await whole(
    sizes.map((size) => file(`f${size}`, pattern(size))),
    place,
  )
  for (const size of sizes) assert.equal(place.saved.get(`f${size}`), pattern(size), String(size))
  const bytes = sizes.reduce((sum, size) => sum + size)
  assert.equal(sent, { saved: sizes.length, failed: 0, bytes })
  assert.equal(received, sent)
  assert.equal(
    fates.alice,
    sizes.map((size) => `f${size} saved`),
  )
  assert.equal(fates.bob, fates.alice)
})

transfer.run()
void ProtocolError
void rejects
void sha256
void tree
