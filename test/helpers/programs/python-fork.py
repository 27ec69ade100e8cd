"""`python-fork.py SOCKET FILE ARGUMENT...`: FILE, run by python-forks.py. Imports next to nothing, so that it starts at once."""

import os
import sys

import _socket

password = os.environ.get('SYMBOLON_PASSWORD', '')
data = '\0'.join([os.getcwd(), password, *sys.argv[2:]]).encode()
connection = _socket.socket(_socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.sendall(len(data).to_bytes(4, 'big'))
streams = b''.join(stream.to_bytes(4, sys.byteorder) for stream in range(3))
sent = connection.sendmsg([data], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
connection.sendall(data[sent:])
for stream in range(3):
    os.close(stream)
status = int.from_bytes(connection.recv(4), 'big')
if os.WIFSIGNALED(status):
    os.kill(os.getpid(), os.WTERMSIG(status))
os._exit(os.WEXITSTATUS(status))
