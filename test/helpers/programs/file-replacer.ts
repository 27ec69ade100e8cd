/** Replaces the private file PATH by one of 8 KiB: `file-replacer.ts PATH`. A child process of private-files.test.ts, with little room. */
import { replacePrivateFile } from '../../../src/files/private-files.ts'

replacePrivateFile(process.argv[2] ?? '', 'x'.repeat(8192))
