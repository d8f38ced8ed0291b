/**
 * ssh2-sftp-client asks for all of ssh2, and takes its client: without the server, the agents for HTTP and the maker of keys, which it
 * would load as well, ferry connects sooner.
 */
export const ssh2Client = {
  name: 'ssh2-client',
  setup(build) {
    build.onResolve({ filter: /^ssh2$/ }, ({ importer, resolveDir }) =>
      importer.includes('/ssh2-sftp-client/')
        ? { path: 'ssh2', namespace: 'ssh2-client', pluginData: resolveDir }
        : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'ssh2-client' }, ({ pluginData }) => ({
      contents: "exports.Client = require('ssh2/lib/client.js')",
      resolveDir: pluginData,
    }))
  },
}
