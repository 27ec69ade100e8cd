/** Files for groups, encrypted by their senders. docs/protocol.md §7.4. */
import { Hono } from 'hono'
import * as v from 'valibot'
import { equal } from '../../lib/bytes.ts'
import { turn } from '../../lib/pacing/event-loop.ts'
import { acceptOnce, changeKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { requireReaders } from '../groups/group-rights.ts'
import { requireRoomForFile } from '../groups/quotas.ts'
import {
  count,
  fileChunk,
  isFileLength,
  MAX_CHUNK_BODY_BYTES,
  objectId,
  sealedChunkBytes,
  sealedChunkCount,
  toText,
} from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import type { NewFile, StoredFile } from '../store/files.ts'
import { purgeCutoff } from '../store/sessions.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

export const BeginRequest = v.object({ file: objectId, group: objectId, bytes: count })
export const PutRequest = v.object({ file: objectId, index: count, chunk: fileChunk })
export const GetRequest = v.object({ file: objectId, index: count })
export const DropRequest = v.object({ file: objectId })

/** The same answer whether there is no such file or chunk, it has expired, or it is not for the asker. */
const fileUnknown = () => new Problem('file_unknown', 'there is no such file, or chunk, that is for you')

/** `POST /files/begin`, `/files/put`, `/files/get`, `/files/drop` */
export function filesRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log, quotas } = kdc
  return new Hono<KdcEnv>()
    .post('/files/begin', sealedSessionRequest(kdc), async (c) => {
      const { file: id, group, bytes } = parse(BeginRequest, c.var.body)
      if (!isFileLength(bytes)) throw new Problem('invalid_request', 'bytes: no chunks have so many together')
      const file = { id, group, bytes, chunks: sealedChunkCount(bytes) }
      const key = await changeKey(kdc, c)
      const { username } = key
      await acceptOnce(kdc, key, async () => {
        await requireReaders(kdc, group, username)
        const before = await store.files.find(id)
        if (!before) await requireRoomForFile(kdc, username, bytes)
        else if (!isSame(before, file, username))
          throw new Problem('file_exists', 'there is a file of this id')
        return store.files.begin(key, file, quotas, purgeCutoff(kdc))
      })
      return c.json({ time: clock() })
    })
    .post('/files/put', sealedSessionRequest(kdc, MAX_CHUNK_BODY_BYTES), async (c) => {
      const { file: id, index, chunk } = parse(PutRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      const { keepSince } = purgeCutoff(kdc)
      const file = await store.files.findOwn(id, username, keepSince)
      if (!file) throw fileUnknown()
      judgeChunk(file, index, chunk)
      const missing = await store.files.put(file, index, chunk, keepSince)
      if (missing === undefined) {
        const before = await store.files.get(id, index, username, keepSince)
        if (!before) throw fileUnknown()
        if (!equal(before, chunk))
          throw new Problem('file_exists', 'this chunk is there already, with other bytes')
      }
      if (missing === 0) log.info(toLog(file), 'file_stored')
      return c.json({ time: clock() })
    })
    .post('/files/get', sealedReadRequest(kdc, ANSWER_BYTES.fileChunk), async (c) => {
      const { file, index } = parse(GetRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      const chunk = await store.files.get(file, index, username, purgeCutoff(kdc).keepSince)
      if (!chunk) throw fileUnknown()
      await turn()
      return c.json({ chunk: toText(chunk), time: clock() })
    })
    .post('/files/drop', sealedSessionRequest(kdc), async (c) => {
      const { file: id } = parse(DropRequest, c.var.body)
      const dropped = await store.files.drop(await changeKey(kdc, c), id)
      if (dropped) log.info(toLog(dropped), 'file_dropped')
      return c.json({ time: clock() })
    })
}

const isSame = (before: StoredFile, file: NewFile, username: string) =>
  before.sender === username && before.bytes === file.bytes && equal(before.group, file.group)

const toLog = ({ id, group, sender, bytes }: StoredFile) => ({
  sender,
  group: toText(group),
  file: toText(id),
  bytes,
})

/** @throws Problem `invalid_request` for a chunk that the file does not have. */
function judgeChunk({ bytes }: StoredFile, index: number, chunk: Uint8Array): void {
  const length = sealedChunkBytes(bytes, index)
  if (length === 0)
    throw new Problem('invalid_request', `index: the file has ${sealedChunkCount(bytes)} chunks`)
  if (chunk.length !== length) throw new Problem('invalid_request', `chunk: expected ${length} bytes`)
}
