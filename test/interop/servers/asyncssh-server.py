"""AsyncSSH's own SFTP server, as it is: asyncssh-server.py PORT HOST_KEY AUTHORIZED_KEYS DIRECTORY"""

import asyncio
import os
import sys

import asyncssh

port, host_key, authorized_keys, directory = sys.argv[1:]


async def serve():
    await asyncssh.listen(
        "127.0.0.1",
        int(port),
        server_host_keys=[host_key],
        authorized_client_keys=authorized_keys,
        sftp_factory=asyncssh.SFTPServer,
    )
    print("listening", flush=True)
    await asyncio.Event().wait()


os.chdir(directory)
asyncio.run(serve())
