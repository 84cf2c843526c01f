#!/usr/bin/env node
import { failure, say, write } from './output.js'
import { createProgram } from './program.js'

// `clientele export … | head` closes the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await createProgram({ out: write, err: say }).parseAsync(process.argv)
} catch (error) {
  const { message, exitCode } = failure(error)
  if (message !== '') say(message)
  process.exitCode = exitCode
}
