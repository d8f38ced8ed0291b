/**
 * ssh2 is faster with its compiled addons, and right without them. A bundle cannot hold them, and its own folder is not where they
 * are: they are looked up from where ssh2 is installed. Where they are not found, ssh2 catches the error, and does without.
 */
const addons = new Map([
  ['./crypto/build/Release/sshcrypto.node', './lib/protocol/crypto/build/Release/sshcrypto.node'],
  ['cpu-features', 'cpu-features'],
])

export const nativeAddons = {
  name: 'native-addons',
  setup(build) {
    build.onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path }) =>
      addons.has(path) ? { path: addons.get(path), namespace: 'addon' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'addon' }, ({ path }) => ({
      contents: `
        const { createRequire } = require('node:module')
        module.exports = createRequire(require.resolve('ssh2/package.json'))(${JSON.stringify(path)})`,
    }))
  },
}
