/**
 * What the operating system's error codes mean, in words: `ENOSPC` is not for people.
 *
 * https://pubs.opengroup.org/onlinepubs/9799919799/functions/V2_chap02.html#tag_16_03
 */

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EADDRINUSE: 'it is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine has no addresses of that kind',
  EAGAIN: 'it gives nothing now',
  EAI_AGAIN: 'its name cannot be looked up now',
  EBADF: 'it is not open for that',
  EBUSY: 'something else is using it',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EDQUOT: 'there is not enough room: a quota is used up',
  EEXIST: 'it is there already',
  EFBIG: 'it is too large',
  EHOSTUNREACH: 'there is no way to that machine',
  EINVAL: 'it does not do that',
  EIO: 'the device fails',
  EISDIR: 'it is a directory',
  ELOOP: 'its links lead round in circles',
  EMFILE: 'this process may not have so many files open',
  EMLINK: 'it has too many links',
  ENAMETOOLONG: 'its name is too long',
  ENETUNREACH: 'there is no way to that network',
  ENFILE: 'this machine has too many files open',
  ENODEV: 'there is no such device',
  ENOENT: 'there is no such file or directory',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'there is not enough room',
  ENOTCONN: 'it is not connected',
  ENOTDIR: 'a part of its path is no directory',
  ENOTEMPTY: 'it is not empty',
  ENOTFOUND: 'no machine has that name',
  ENOTSUP: 'the system cannot do that',
  ENXIO: 'nothing is at its other end',
  EPERM: 'the system does not allow it',
  EPIPE: 'what should read it is gone',
  EROFS: 'it is read-only',
  ETIMEDOUT: 'there was no answer in time',
  ETXTBSY: 'it is running',
  EXDEV: 'it would lie on another disk',
}

/** An error of the operating system, as Node gives it. */
export interface SystemError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly path?: string
  readonly dest?: string
}

/** Whether an error is the operating system's. */
export function isSystemError(error: unknown): error is SystemError {
  // Node's own have names such as ERR_INVALID_ARG_TYPE, ours are in lower case.
  return error instanceof Error && /^E[A-Z0-9]+$/.test(String((error as NodeJS.ErrnoException).code))
}

/** Why the operating system refused, in words that follow a colon. */
export function systemReason(code: string | undefined): string {
  return REASONS[code ?? ''] ?? `the system refuses it${code === undefined ? '' : ` with ${code}`}`
}
