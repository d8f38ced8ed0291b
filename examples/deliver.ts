import { connect, FerryError, openState } from 'ferry'

// Imports a manifest, delivers a folder, and runs the script that the manifest declares.
// Usage: node deliver.js <manifest> <connection> <folder>

const [manifest = 'deploy.yml', name = 'warehouse', folder = 'site'] = process.argv.slice(2)

const { plan } = await openState().import(manifest)
console.log(`${plan.summary.create} created, ${plan.summary.unchanged} unchanged`)

try {
  await using connection = await connect(name)
  const { files, bytes } = await connection.upload(folder, 'incoming')
  console.log(`${files} files, ${bytes} bytes delivered`)
  const { commands } = await connection.execute({ stored: 'nightly' }, { variables: { day: '2026-11-24' } })
  console.log(`${commands.length} commands ran`)
  for (const { path, permissions, size } of await connection.ls('incoming')) {
    console.log(`${permissions} ${size} ${path}`)
  }
} catch (error) {
  if (!(error instanceof FerryError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = error.exitCode
}
