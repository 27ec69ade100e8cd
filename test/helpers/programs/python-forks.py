"""Runs programs that begin with the same slow imports, each in a fork of one process that has them: `python-forks.py SOCKET`.

`python-fork.py SOCKET FILE ARGUMENT...` is such a program, for whoever starts it: it hands on its standard streams, ends with the
program's exit status, and when it is killed, the program is.
"""

import os
import runpy
import select
import signal
import socket
import sys
import urllib.request  # noqa: F401

from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: F401
from cryptography.hazmat.primitives.ciphers import aead  # noqa: F401


def run(streams, folder, password, argv):
    os.setsid()
    for to, stream in enumerate(streams):
        os.dup2(stream, to)
        os.close(stream)
    os.chdir(folder)
    os.environ['SYMBOLON_PASSWORD'] = password
    sys.argv = argv
    sys.path[0] = os.path.dirname(argv[0])
    runpy.run_path(argv[0], run_name='__main__')


def serve(connection):
    length = int.from_bytes(connection.recv(4), 'big')
    data, streams, _, _ = socket.recv_fds(connection, length, 3)
    while len(data) < length:
        data += connection.recv(length - len(data))
    folder, password, *argv = data.decode().split('\0')
    pid = os.fork()
    if pid == 0:
        connection.close()
        return run(streams, folder, password, argv)
    for stream in [0, 1, 2, *streams]:
        os.close(stream)
    ended = os.pidfd_open(pid)
    if ended not in select.select([ended, connection], [], [])[0]:
        os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    try:
        connection.send(status.to_bytes(4, 'big'))
    except OSError:
        pass
    os._exit(0)


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    print('ready', flush=True)
    serving = set()
    while True:
        connection, _ = listener.accept()
        serving = {pid for pid in serving if os.waitpid(pid, os.WNOHANG)[0] == 0}
        pid = os.fork()
        if pid == 0:
            listener.close()
            return serve(connection)
        serving.add(pid)
        connection.close()


main()
