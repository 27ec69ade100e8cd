/** Files for groups, chunk by chunk: never more than one chunk of one is in memory. */
import { required, type Statement, sql } from '../../database/database.ts'
import { inGroup } from './groups.ts'
import { filesOf, type Quotas } from './quotas.ts'
import {
  type Accepted,
  answerTo,
  beginChange,
  claim,
  NEXT_POSITION,
  type RequestKey,
  toAccepted,
} from './requests.ts'
import { StorePart, withoutNulls } from './store-part.ts'

export interface StoredFile {
  /** 16 bytes, chosen by its sender. */
  readonly id: Uint8Array
  readonly group: Uint8Array
  /** Null when the sender's account is gone. */
  readonly sender?: string
  /** The length of all its chunks together. */
  readonly bytes: number
}

export interface NewFile extends Omit<StoredFile, 'sender'> {
  readonly chunks: number
}

const FILES = sql`select f.id, f.group_id as "group", f.sender, f.bytes`

/** Deleted at once, 16 MiB: some milliseconds of work, after which others have their turn. */
const CHUNKS_AT_ONCE = 64

/** Gives a row if this is a file of this sender, who is still in its group, and it has not expired. */
const ownFile = (id: Uint8Array, sender: string, keepSince: number): Statement => sql`
  files f, members m where f.id = ${id} and f.sender = ${sender} and f.begun_at > ${keepSince}
    and m.group_id = f.group_id and m.username = ${sender} and m.last is null`

export class Files extends StorePart {
  /**
   * Reserves a place for a file, or finds the one that was reserved for it.
   *
   * @param keepSince - what was begun then, or before, has expired, Unix seconds.
   * @returns nothing when this request was accepted before, the sender is no member, the id is that of another file, or a quota
   *   is met.
   */
  async begin(
    request: RequestKey,
    { id, group, bytes, chunks }: NewFile,
    quotas: Quotas,
    { now, keepSince }: { readonly now: number; readonly keepSince: number },
  ): Promise<Accepted | undefined> {
    const { username } = request
    // Its position is one of its own: a member who is removed has one before, or one after it.
    const [, claimed] = await this.database.write([
      NEXT_POSITION,
      claim(
        request,
        sql`p.position, 0`,
        sql`positions p, mls_groups g, members m, ${filesOf(username, keepSince)} own
          where ${inGroup(group, username)} and (
            exists (
              select 1 from files
              where id = ${id} and group_id = ${group} and sender = ${username} and bytes = ${bytes}
            ) or (
              not exists (select 1 from files where id = ${id}) and own.files < ${quotas.files}
              and own.bytes + cast(${bytes} as bigint) <= ${quotas.fileBytes}
            )
          )`,
      ),
      sql`insert into files (id, group_id, sender, bytes, missing, position, begun_at)
        select ${id}, ${group}, ${username}, cast(${bytes} as bigint), cast(${chunks} as bigint), position,
          cast(${now} as bigint)
        from positions where one = 1 on conflict do nothing`,
    ])
    return toAccepted(claimed)
  }

  /** The file of this id, be it expired or not. */
  async find(id: Uint8Array): Promise<StoredFile | undefined> {
    const row = await this.one(sql`${FILES} from files f where f.id = ${id}`)
    return row && withoutNulls(row)
  }

  /** The file of this id, if this is its sender, who is still in its group, and it has not expired. */
  async findOwn(id: Uint8Array, sender: string, keepSince: number): Promise<StoredFile | undefined> {
    const row = await this.one(sql`${FILES} from ${ownFile(id, sender, keepSince)}`)
    return row && withoutNulls(row)
  }

  /**
   * Stores a chunk of a file, as `findOwn` finds it.
   *
   * @returns how many are missing then; nothing when the file is not there any more, or the chunk was before.
   */
  async put(
    { id, sender = '' }: StoredFile,
    index: number,
    chunk: Uint8Array,
    keepSince: number,
  ): Promise<number | undefined> {
    const [, updated] = await this.database.write([
      required(sql`insert into file_chunks (file_id, nr, chunk)
        select f.id, cast(${index} as bigint), ${chunk} from ${ownFile(id, sender, keepSince)}
        on conflict do nothing returning nr`),
      sql`update files set missing = missing - 1 where id = ${id} returning missing`,
    ])
    return updated && Number(updated[0]?.missing)
  }

  /**
   * A chunk, for one whose part in the group had not ended when the file was begun. A member that was added since may have it too: the message
   * that tells of the file came later.
   */
  async get(
    id: Uint8Array,
    index: number,
    reader: string,
    keepSince: number,
  ): Promise<Uint8Array | undefined> {
    // A part that ends before it begins was that of an account that was deleted: its name may be another's now.
    const row = await this.one<{ chunk: Uint8Array }>(sql`
      select c.chunk from files f, members m, file_chunks c
      where f.id = ${id} and f.begun_at > ${keepSince} and m.group_id = f.group_id and m.username = ${reader}
        and (m.last is null or (m.last >= f.position and m.last >= m.first))
        and c.file_id = f.id and c.nr = ${index}
      limit 1`)
    return row?.chunk
  }

  /** @returns the file that is no more; nothing when this request was accepted before, or the sender has no such file. */
  async drop(request: RequestKey, id: Uint8Array): Promise<StoredFile | undefined> {
    const { username } = request
    const file = await this.find(id)
    if (file?.sender !== username || (await answerTo(this.database, request))) return undefined
    await this.#empty(id)
    const done = await this.database.write([
      ...beginChange(request),
      required(sql`delete from files where id = ${id} and sender = ${username} returning id`),
    ])
    return done.length > 0 ? file : undefined
  }

  async usage(username: string, keepSince: number): Promise<Pick<Quotas, 'files' | 'fileBytes'>> {
    const row = await this.one<{ files: number; bytes: number }>(
      sql`select own.files, own.bytes from ${filesOf(username, keepSince)} own`,
    )
    return { files: row?.files ?? 0, fileBytes: row?.bytes ?? 0 }
  }

  /**
   * Frees the places of files that have expired, and of those of groups that are over and of which nothing else is left.
   *
   * @param limit - how many at most.
   * @returns how many, and whether there may be more.
   */
  async purge(keepSince: number, limit: number): Promise<{ files: number; more: boolean }> {
    const over = await this.database.read<{ id: Uint8Array }>(sql`
      select f.id from files f where f.begun_at <= ${keepSince} or f.group_id in (
        select g.id from mls_groups g
        where not exists (select 1 from members m where m.group_id = g.id and m.last is null)
          and not exists (select 1 from entries e where e.group_id = g.id)
      ) limit ${limit}`)
    for (const { id } of over) {
      await this.#empty(id)
      await this.change(sql`delete from files where id = ${id}`)
    }
    return { files: over.length, more: over.length === limit }
  }

  /** Deletes a file's chunks, the last ones first: a member who reads it meanwhile does not come to its end. */
  async #empty(id: Uint8Array): Promise<void> {
    for (let deleted = CHUNKS_AT_ONCE; deleted === CHUNKS_AT_ONCE; ) {
      const [rows] = await this.database.write([
        sql`delete from file_chunks where file_id = ${id} and nr in (
          select nr from file_chunks where file_id = ${id} order by nr desc limit ${CHUNKS_AT_ONCE}
        ) returning nr`,
      ])
      deleted = rows?.length ?? 0
    }
  }
}
