/** What is said in groups: sending and reading it. */
import { utf8 } from '../../lib/bytes.ts'
import type { Conversation } from '../../lib/mls/mailbox.ts'
import { MAX_BODY_BYTES } from '../../lib/mls/payload.ts'
import { storeMessage } from '../../lib/mls/store-messages.ts'
import { parseGroupName } from '../../lib/names.ts'
import { ToolError, UsageError } from '../errors.ts'
import { requireStored, type Shown, showAll, showNew } from '../mailbox/messages.ts'
import { commandToSave, type Saving, savingFrom } from '../mailbox/save-files.ts'
import { messageGiven, readStdin, STDIN, type Words } from '../send/stdin.ts'
import { isFilePath, type StorableFile, storableFiles, storeFiles } from '../send/stored-files.ts'
import { stopping, stopSignal } from '../stop.ts'
import {
  conversationOf,
  endingOf,
  type GroupCommand,
  type GroupContext,
  type GroupValues,
  namingUnknown,
  withConversation,
} from './command.ts'
import { follow } from './follow.ts'

export async function prepareSend(
  [name = '', words]: readonly string[],
  values: GroupValues,
): Promise<GroupCommand> {
  const group = parseGroupName(name)
  const paths = values.file ?? []
  if (words === undefined && paths.length === 0) {
    throw new UsageError('there is no message', 'give it in quotes, - for standard input, or --file PATH')
  }
  const message = await messageOf(messageGiven(words, values.literals))
  if (paths.length > 0 && words !== undefined && (await isFilePath(words))) {
    const hint = 'each file has a --file of its own; if these words are the message, send them without files'
    throw new UsageError(`${words} is a file: give it as --file ${words}`, hint)
  }
  return send(group, message, await storableFiles(paths))
}

async function messageOf(given: Words): Promise<Uint8Array | undefined> {
  return given === STDIN ? readStdin(MAX_BODY_BYTES) : given && utf8(given.text)
}

const send =
  (group: string, message: Uint8Array | undefined, files: readonly StorableFile[]): GroupCommand =>
  async ({ handle, output }) => {
    if (message !== undefined) {
      requireStored(
        output,
        await namingUnknown(handle, { group }, () => storeMessage(handle, { group }, message)),
      )
      output.event('stored', { group }, `sent to ${group}`)
    }
    if (files.length === 0) return
    // Said plainly, before the first file.
    await withConversation(handle, { group }, (mailbox) => mailbox.conversationId({ group }))
    await storeFiles(handle, output, { group }, files, stopping())
  }

/** What is new, or all; once, or until Ctrl+C. */
export async function prepareRead([group]: readonly string[], values: GroupValues): Promise<GroupCommand> {
  const of = conversationOf('read', group, values.with)
  const stopped = new AbortController()
  const saving = await savingFrom(values, stopped.signal)
  return async (context) => {
    // Otherwise nothing is left half done, and Ctrl+C ends it as it ends any tool.
    if (saving || values.follow) stopSignal().then(() => stopped.abort(new ToolError('stopped')))
    try {
      await read(context, of, values, saving, stopped.signal)
    } catch (error) {
      if (!(values.follow && stopped.signal.aborted)) throw error
    }
  }
}

async function read(
  { session, handle, output }: GroupContext,
  of: Conversation,
  values: GroupValues,
  saving: Saving | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isGroup = 'group' in of
  const label = isGroup ? of.group : of.with
  let isLookedAt = !isGroup
  let told = saving !== undefined
  const show = async (messages: () => Promise<Shown>) => {
    // What was said in a group that is over, or that one was removed from, can still be read here.
    if (!isLookedAt) await withConversation(handle, of, (mailbox) => mailbox.lookAt(label))
    isLookedAt = true
    const shown = await messages()
    if (!told && shown.fileFrom !== undefined) {
      told = true
      const line = `to save the files: ${commandToSave(handle.username, of)}`
      output.event('file_not_fetched', { ...of }, line)
    }
    return shown
  }
  const showMore = () => show(() => showNew(handle, output, of, { saving, signal }))
  const showKept = () => show(() => showAll(handle, output, of, saving))
  if (values.follow) {
    if (values.all) await showKept()
    await follow({ session, handle, output, of, showMore, signal })
    return
  }
  const { count } = await (values.all ? showKept() : showMore())
  const { ending, isNone } = await handle.use(async (mailbox) => ({
    ending: isGroup ? endingOf(mailbox, label) : undefined,
    isNone: !isGroup && !mailbox.groups().some((info) => info.with === label),
  }))
  if (count === 0) {
    const where = isGroup ? `in ${label}` : `with ${label}`
    const nothing = values.all ? `nothing is kept of what was said ${where}` : `nothing new ${where}`
    const line = isNone ? `nothing was ever left between you and ${label}` : nothing
    output.event('none', { ...of }, ending ? undefined : line)
  }
  if (ending) output.event('ended', { group: label, status: ending.status }, ending.words)
}
