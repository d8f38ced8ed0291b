"""A server on Paramiko's SFTPServer, over the files of a directory, in the manner of Paramiko's own demo and of its tests' stub.

paramiko-server.py PORT HOST_KEY PUBLIC_KEY DIRECTORY
"""

import os
import socket
import sys
import threading

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, SFTP_OK

port, host_key, public_key, root = sys.argv[1:]
with open(public_key) as file:
    algorithm, blob = file.read().split()[:2]


class Login(paramiko.ServerInterface):
    def check_auth_publickey(self, username, key):
        same = key.get_name() == algorithm and key.get_base64() == blob
        return paramiko.AUTH_SUCCESSFUL if same else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def get_allowed_auths(self, username):
        return "publickey"


def answer(act):
    """Does it, and tells an error of the system with a status."""

    def method(self, *args):
        try:
            result = act(self, *args)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)
        return SFTP_OK if result is None else result

    return method


class Handle(SFTPHandle):
    @answer
    def stat(self):
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    @answer
    def chattr(self, attr):
        SFTPServer.set_file_attr(self.readfile.name, attr)


class Files(paramiko.SFTPServerInterface):
    def _local(self, path):
        return root + self.canonicalize(path)

    @answer
    def list_folder(self, path):
        local = self._local(path)
        entries = []
        for name in os.listdir(local):
            entry = SFTPAttributes.from_stat(os.lstat(os.path.join(local, name)))
            entry.filename = name
            entries.append(entry)
        return entries

    @answer
    def stat(self, path):
        return SFTPAttributes.from_stat(os.stat(self._local(path)))

    @answer
    def lstat(self, path):
        return SFTPAttributes.from_stat(os.lstat(self._local(path)))

    @answer
    def open(self, path, flags, attr):
        mode = attr.st_mode & 0o7777 if attr is not None and attr.st_mode is not None else 0o666
        descriptor = os.open(self._local(path), flags, mode)
        appends = "ab" if flags & os.O_APPEND else "wb"
        kind = "rb" if flags & 3 == os.O_RDONLY else "r+b" if flags & os.O_RDWR else appends
        file = os.fdopen(descriptor, kind)
        handle = Handle(flags)
        handle.filename = self._local(path)
        handle.readfile = file
        handle.writefile = file
        return handle

    @answer
    def remove(self, path):
        os.remove(self._local(path))

    @answer
    def rename(self, oldpath, newpath):
        # The protocol's RENAME refuses what exists.
        if os.path.lexists(self._local(newpath)):
            return paramiko.SFTP_FAILURE
        os.rename(self._local(oldpath), self._local(newpath))

    @answer
    def posix_rename(self, oldpath, newpath):
        os.rename(self._local(oldpath), self._local(newpath))

    @answer
    def mkdir(self, path, attr):
        os.mkdir(self._local(path))
        if attr is not None:
            SFTPServer.set_file_attr(self._local(path), attr)

    @answer
    def rmdir(self, path):
        os.rmdir(self._local(path))

    @answer
    def chattr(self, path, attr):
        SFTPServer.set_file_attr(self._local(path), attr)

    @answer
    def symlink(self, target_path, path):
        os.symlink(target_path, self._local(path))

    @answer
    def readlink(self, path):
        return os.readlink(self._local(path))


def serve(connection):
    transport = paramiko.Transport(connection)
    transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(host_key))
    transport.set_subsystem_handler("sftp", SFTPServer, Files)
    transport.start_server(server=Login())


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(port)))
listener.listen(32)
print("listening", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
