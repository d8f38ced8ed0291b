#!/bin/sh
':' //; exec "$SSH_ASKPASS_NODE" "$0" "$@"
// ssh starts this as SSH_ASKPASS (ssh(1)) and as KnownHostsCommand (ssh_config(5)): it takes the question to the ferry that started
// ssh, and prints the answer. A shell reads the line above, so that ssh needs no node in its PATH.
const { connect } = require('node:net')

const { SSH_ASKPASS_SOCKET, SSH_ASKPASS_TOKEN, SSH_ASKPASS_PROMPT } = process.env
const question = {
  token: SSH_ASKPASS_TOKEN,
  askedBy: process.ppid,
  words: process.argv.slice(2),
  kind: SSH_ASKPASS_PROMPT ?? '',
}

// Without an answer ssh is told that there is none.
process.exitCode = 1
connect(SSH_ASKPASS_SOCKET ?? '')
  .setEncoding('utf8')
  .on('data', (answer) => {
    process.exitCode = 0
    process.stdout.write(answer)
  })
  .on('error', () => undefined)
  .write(`${JSON.stringify(question)}\n`)
