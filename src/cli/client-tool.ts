/** How every tool but the KDC begins: with its command line, and the help of it. */
import { type CommandLine, type Options, parseArguments } from './arguments.ts'
import { commandOf, labelOf, type ToolName } from './installed.ts'
import { optionLines } from './terminal/help.ts'
import { runTool } from './tool.ts'

interface ToolLine<T extends Options> extends Omit<CommandLine<T>, 'help'> {
  /** Made of what begins the tool, and a line for each option that says what it is for. */
  readonly help: (command: string, options: string) => string
  readonly run: (given: ReturnType<typeof parseArguments<T>>) => Promise<void>
}

/** The option of every tool, for those whose help has room for the line. */
export const HELP_OPTION = { help: { type: 'boolean', short: 'h', help: ['', 'show this'] } } as const

export function clientTool<const T extends Options>(name: ToolName, { run, ...line }: ToolLine<T>): void {
  const listed = Object.entries(line.options).flatMap(([option, { short, help }]) => {
    const [takes, text] = help ?? []
    const written = `${short ? `-${short}, ` : ''}--${option} ${takes}`.trimEnd()
    return text === undefined ? [] : [[written, text] as const]
  })
  const help = line.help(commandOf(name), optionLines(...listed))
  runTool(labelOf(name), async (argv) => run(parseArguments(argv, { ...line, help })))
}
