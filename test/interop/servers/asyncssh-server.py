"""AsyncSSH's own SFTP server, as it is: asyncssh-server.py PORT HOST_KEY AUTHORIZED_KEYS DIRECTORY"""

import asyncio
import os
import resource
import sys

import asyncssh

# Few files may be open: it says so only when there are too many.
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

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
