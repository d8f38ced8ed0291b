/**
 * ssh2 is faster with its compiled addon, and right without it. A bundle cannot hold it, and its own folder is not where it is: it is
 * looked up from where ssh2 is installed. Where it is not found, ssh2 catches the error, and does without. As it does without
 * cpu-features, which would choose an order of ciphers: ferry always names one.
 */
const addon = {
  seenFrom: './crypto/build/Release/sshcrypto.node',
  path: './lib/protocol/crypto/build/Release/sshcrypto.node',
}

export const nativeAddons = {
  name: 'native-addons',
  setup(build) {
    build.onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path }) => {
      if (path === addon.seenFrom) return { path: addon.path, namespace: 'addon' }
      return path === 'cpu-features' ? { path, namespace: 'left-out' } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'addon' }, ({ path }) => ({
      contents: `
        const ssh2 = require('node:path').dirname(require.resolve('ssh2/package.json'))
        module.exports = require(require.resolve(${JSON.stringify(path)}, { paths: [ssh2] }))`,
    }))
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error('${path} is left out')`,
    }))
  },
}
