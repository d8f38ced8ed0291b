import about from '../../package.json' with { type: 'json' }

const args = process.argv.slice(2)

// Asked by scripts at every start, so it waits for nothing.
if (args.length === 1 && args[0] === '--version') {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exitCode = code === 'EPIPE' ? 0 : 1
  })
  process.stdout.write(`ferry ${about.version}\n`)
} else {
  const { runProcess } = await import('./run-process.ts')
  await runProcess(args)
}
