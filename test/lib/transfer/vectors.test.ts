/** transfer.json, made in Python: both sides, byte by byte. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  receiveItems,
  sendItems,
  type TransferItem,
  type TransferSource,
  type TransferTotals,
} from '../../../src/lib/transfer/index.ts'
import { content, type Line, Place, pair, pattern } from '../../helpers/transfer-memory.ts'

interface AttributeFields {
  readonly executable?: boolean | undefined
  readonly modified_at?: number | undefined
}

interface DescribedEntry extends AttributeFields {
  readonly kind: 'file' | 'directory'
  readonly path: string[]
  readonly size: number
}

interface Described extends AttributeFields {
  readonly kind: 'file' | 'directory' | 'bytes'
  readonly name: string
  readonly size: number
  readonly unknown?: boolean
  readonly entries?: DescribedEntry[]
}

interface Transfer {
  readonly name: string
  readonly items: Described[]
  readonly held?: number
  readonly refused?: string
  readonly totals?: { readonly files?: number; readonly bytes?: number }
  readonly frames: { from: 'alice' | 'bob'; bytes: string; pattern_from?: number; length?: number }[]
}

const path = new URL('../../vectors/transfer.json', import.meta.url)
const { transfers } = JSON.parse(readFileSync(path, 'utf8')) as { transfers: Transfer[] }
const vectors = suite('transfer.json')

const attributesOf = ({ executable, modified_at: modifiedAt }: AttributeFields) => ({
  executable,
  modifiedAt,
})

function sourceOf(item: Described): TransferSource {
  const { kind, name, size, unknown, entries = [] } = item
  if (kind !== 'directory') {
    const made = () => content(pattern(size), unknown ? { size: undefined } : {})
    return { kind, name, open: async () => ({ ...made(), ...attributesOf(item) }) }
  }
  return {
    kind,
    name,
    ...attributesOf(item),
    async *entries() {
      for (const entry of entries) {
        const { kind, path, size } = entry
        const about = attributesOf(entry)
        if (kind === 'directory') yield { kind, path, ...about }
        else yield { kind, path, open: async () => ({ ...content(pattern(size)), ...about }) }
      }
    },
  }
}

/** What was told of an item, in whatever form. */
function fieldsOf(item: AttributeFields & { readonly modifiedAt?: number | undefined }) {
  return [item.executable === true, item.modifiedAt ?? item.modified_at]
}

for (const { name, items, held, refused, totals, frames } of transfers) {
  vectors(name, async () => {
    const line: Line = { alice: [], bob: [] }
    const [alice, bob] = pair(line)
    const place = new Place()
    const heard: TransferTotals[] = []
    const fates: TransferItem[] = []
    if (held !== undefined) for (const item of items) place.held.set(item.name, pattern(held))
    await Promise.all([
      sendItems(alice, items.map(sourceOf), { totals }),
      receiveItems(bob, async (item) => (refused === undefined ? place.take(item) : { refused }), {
        onBegin: (said) => heard.push(said),
        onResult: (item) => fates.push(item),
      }),
    ])
    assert.equal(heard, [{ files: totals?.files, bytes: totals?.bytes }])
    const told = items.flatMap((item) => [...(item.entries ?? []), item])
    assert.equal(fates.map(fieldsOf), told.map(fieldsOf))
    for (const side of ['alice', 'bob'] as const) {
      const expected = frames
        .filter(({ from }) => from === side)
        .flatMap(({ bytes, length = 0, pattern_from = 0 }) => [
          Buffer.from(bytes, 'hex'),
          pattern(length, pattern_from),
        ])
      assert.is(
        Buffer.concat(line[side]).toString('latin1'),
        Buffer.concat(expected).toString('latin1'),
        side,
      )
    }
    for (const item of refused === undefined ? items : []) {
      if (item.kind !== 'directory') assert.equal(place.saved.get(item.name), pattern(item.size))
      for (const { kind, path, size } of item.entries ?? []) {
        const key = `${item.name}/${path.join('/')}`
        if (kind === 'file') assert.equal(place.saved.get(key), pattern(size))
        else assert.ok(place.saved.has(`${key}/`))
      }
    }
  })
}

vectors('are there', () => assert.ok(transfers.length > 5))

vectors.run()
