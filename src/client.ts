/** The tools but the KDC, for `symbolon`: to import one is to run it. */
import type { ToolName } from './cli/installed.ts'

export const CLIENT: Record<Exclude<ToolName, 'kdc'>, () => Promise<unknown>> = {
  send: () => import('./sender.ts'),
  receive: () => import('./receiver.ts'),
  group: () => import('./group.ts'),
  users: () => import('./users.ts'),
  login: () => import('./login.ts'),
  logout: () => import('./logout.ts'),
  whoami: () => import('./whoami.ts'),
  register: () => import('./register.ts'),
  passwd: () => import('./passwd.ts'),
  sessions: () => import('./sessions.ts'),
  doctor: () => import('./doctor.ts'),
  completion: () => import('./completion.ts'),
  demo: () => import('./demo.ts'),
}
