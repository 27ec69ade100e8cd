/**
 * Files by their paths, for `sendItems` and `receiveItems`. `Session.sendFile` and `OfferedFile.accept` take paths themselves.
 *
 * @module
 */
import { placeIn, sourceOf } from '../files/by-path.ts'
import { judgeArgument } from '../lib/check-options.ts'
import { parseUsername } from '../lib/names.ts'
import type { PlaceForFiles } from '../lib/paths.ts'
import type { Source } from '../lib/transfer/index.ts'

/**
 * A file or a directory to be sent; a link is followed, those in a directory are left out.
 *
 * @throws FileError `file_not_readable`: there is none, we may not read it, or it is something else; TypeError.
 * @example await sendItems(channel.stream(), [await sourceFromPath('report.pdf')])
 */
export async function sourceFromPath(path: string): Promise<Source> {
  judgePath('sourceFromPath: path', path)
  return sourceOf(path)
}

/**
 * A directory as the place for what one sender sends: under safe names that are free, whole or not at all.
 *
 * @param directory - made, if there is none; what it is in must be there.
 * @param sender - its username: what was cut goes on when the same one sends it again.
 * @throws FileError `file_not_saved`; ProtocolError `invalid_name`; TypeError.
 * @example
 * const place = await saveInto('inbox', channel.peer.username)
 * await receiveItems(channel.stream(), place.take, { onFate: (item) => console.log(place.savedAs(item)?.path) })
 */
export async function saveInto(directory: string, sender: string): Promise<PlaceForFiles> {
  judgePath('saveInto: directory', directory)
  judgeArgument('saveInto: sender', sender, 'string')
  return placeIn(directory, parseUsername(sender))
}

/** @throws TypeError */
export function judgePath(where: string, path: unknown): void {
  judgeArgument(where, path, 'string')
  if (path === '') throw new TypeError(`${where}: expected a path, got an empty string`)
}
