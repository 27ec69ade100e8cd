/** How every tool but the KDC begins: with its command line, and the help of it. */
import { type Options, parseToolArguments, type ToolLine } from './arguments.ts'
import { labelOf, type ToolName } from './installed.ts'
import { runTool } from './tool.ts'

interface ClientTool<T extends Options> extends ToolLine<T> {
  readonly run: (given: ReturnType<typeof parseToolArguments<T>>) => Promise<void>
}

/** The option of every tool, for those whose help has room for the line. */
export const HELP_OPTION = { help: { type: 'boolean', short: 'h', help: ['', 'show this'] } } as const

/** Runs a tool with what its command line gives. */
export function clientTool<const T extends Options>(name: ToolName, { run, ...line }: ClientTool<T>): void {
  runTool(labelOf(name), async (argv) => run(parseToolArguments(name, argv, line)))
}
