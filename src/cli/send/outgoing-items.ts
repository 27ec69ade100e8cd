/** What a command line gives to be sent: files, directories, standard input. */
import { stat } from 'node:fs/promises'
import { openContent } from '../../files/outgoing.ts'
import { measureTree, sourceOf, type WhySkipped } from '../../files/outgoing-tree.ts'
import { MAX_FILE_BYTES } from '../../lib/mls/files.ts'
import type { TransferSource, TransferTotals } from '../../lib/transfer/index.ts'
import { EXIT, ToolError, UsageError } from '../errors.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { pipeSource, STDIN, type Words } from './stdin.ts'
import { isFilePath, type StorableFile, storableFiles } from './stored-files.ts'

export const ITEM_OPTIONS = {
  file: {
    type: 'string',
    multiple: true,
    help: ['PATH...', 'send files and directories; - is standard input,'],
  },
  name: { type: 'string', help: ['NAME', 'as a file of this name'] },
} as const

const DASH = '-'

export interface ItemValues {
  readonly file?: readonly string[] | undefined
  readonly name?: string | undefined
}

/** Judges what `--file` and `--name` say. @param given - the message beside them. */
export async function judgeItems({ file: paths = [], name }: ItemValues, given: Words): Promise<void> {
  const fromStdin = paths.filter((path) => path === DASH).length + (given === STDIN ? 1 : 0)
  if (fromStdin > 1) throw new UsageError('standard input can be sent once, not twice')
  if (paths.includes(DASH) && name === undefined) {
    const hint = 'give it one: --file - --name backup.tar'
    throw new UsageError('what comes from standard input has no name', hint)
  }
  if (name !== undefined && !paths.includes(DASH)) {
    const why = '--name is for standard input: --file - --name backup.tar'
    throw new UsageError(why, 'a file has its own name')
  }
  if (name === '') throw new UsageError('--name: a name has one character at least')
  const words = given === STDIN ? undefined : given?.text
  if (paths.length > 0 && words !== undefined && (await isFilePath(words))) {
    const hint = 'what follows --file are files; if these words are the message, send them without files'
    throw new UsageError(`${words} is a file: give it after --file`, hint)
  }
}

type Given = { readonly path: string; readonly source: TransferSource } & (
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'directory' | 'pipe' }
)

/** What is to be sent, in the order in which it was given. */
export class OutgoingItems {
  readonly #given: readonly Given[]

  private constructor(given: readonly Given[]) {
    this.#given = given
  }

  /** Looks at everything, before anything is sent. */
  static async look(
    { file: paths = [], name }: ItemValues,
    output: Output,
    stdin: AsyncIterable<Uint8Array> = process.stdin,
  ): Promise<OutgoingItems> {
    const given: Given[] = []
    for (const path of paths) {
      if (path === DASH) given.push({ path, kind: 'pipe', source: pipeSource(stdin, name) })
      else given.push(await look(path, output))
    }
    return new OutgoingItems(given)
  }

  get count(): number {
    return this.#given.length
  }

  get sources(): readonly TransferSource[] {
    return this.#given.map(({ source }) => source)
  }

  /** How much it is, looking into directories; nothing of what comes from a pipe is known. */
  async totals(): Promise<TransferTotals> {
    let [files, bytes, isKnown] = [0, 0, true]
    for (const item of this.#given) {
      if (item.kind === 'directory') {
        const inside = await measureTree(item.path)
        files += inside.files
        bytes += inside.bytes
        continue
      }
      files++
      if (item.kind === 'file') bytes += item.size
      else isKnown = false
    }
    return { files, ...(isKnown && { bytes }) }
  }

  /** @throws ToolError for what cannot be stored at the KDC. @param isAway - whether the receiver is away, or takes no files now. */
  judgeStorable(receiver: string, isAway: boolean): void {
    for (const item of this.#given) {
      if (item.kind === 'file' && item.size <= MAX_FILE_BYTES) continue
      const why = isAway ? `${receiver} is away` : `${receiver}'s receiver takes no files now`
      // The message beside them is delivered by now, unless its receiver is away.
      const sent = isAway ? 'nothing was sent' : 'no file was sent'
      throw new ToolError(`${why}, and ${cannotWait(item)}: ${sent}`, {
        hint: `send it when ${receiver}'s receiver is there, with --output DIR`,
        exitCode: EXIT.tryLater,
        code: isAway ? 'receiver_offline' : 'files_not_taken',
      })
    }
  }

  /** All of it, as files for the KDC. */
  async storable(receiver: string, isAway: boolean): Promise<StorableFile[]> {
    this.judgeStorable(receiver, isAway)
    return storableFiles(this.#given.map(({ path }) => path))
  }
}

function cannotWait(item: Given): string {
  switch (item.kind) {
    case 'directory':
      return `${item.path} is a directory, which cannot wait at the KDC`
    case 'pipe':
      return 'standard input cannot wait at the KDC as a file'
    case 'file':
      return `${item.path} has ${sizeText(item.size)}: a file stored at the KDC has ${sizeText(MAX_FILE_BYTES)} at most`
  }
}

async function look(path: string, output: Output): Promise<Given> {
  const { size, isDirectory } = await statOf(path)
  const source = await sourceOf(path, {
    skipped: (below, why) => tellSkipped(output, source.name, below, why),
    renamed: (below) => {
      const line = `${source.name}/${below}: sent under this name: its own is not UTF-8`
      output.event('file_renamed', { name: source.name, path: below }, line)
    },
  })
  return isDirectory ? { path, kind: 'directory', source } : { path, kind: 'file', size, source }
}

async function statOf(path: string): Promise<{ size: number; isDirectory: boolean }> {
  const found = await stat(path).catch(() => undefined)
  // Nothing may also mean that the file system does not say.
  const size = found?.isFile() && found.size === 0 ? await countedSize(path) : (found?.size ?? 0)
  return { size, isDirectory: found?.isDirectory() === true }
}

/** What is wrong with it is said where it is opened to be sent. */
async function countedSize(path: string): Promise<number> {
  const content = await openContent(path, path).catch(() => undefined)
  await content?.close()
  return content?.size ?? 0
}

const SKIPPED: Record<WhySkipped, string> = {
  link: 'it is a link, and links are not followed',
  'not a file': 'it is neither a file nor a directory',
  'too deep': 'it lies too deep, or its name is too long',
}

function tellSkipped(output: Output, name: string, path: string, why: WhySkipped): void {
  const reason = why.replaceAll(' ', '_')
  output.event('file_skipped', { name, path, reason }, `not sent: ${name}/${path}: ${SKIPPED[why]}`)
}
