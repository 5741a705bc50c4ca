"""A yardstick: a caching proxy in plain Python, built the usual way, for packets of the calculator.

    python3 scripts/calc_yardstick.py PORT ANSWER_FILE [--log]

With --log it prints what the original programs print for each request. One thread a connection, one recv a request, the header through struct, the cache a dict, the header packed anew for
every answer. What is not in the cache is answered with the bytes of ANSWER_FILE, and kept; so all that is measured is
the hit.
"""

import socket
import struct
import sys
import threading
import time

HEADER = struct.Struct("!LHHHxx")
INDEFINITE = 65535


class Packet:
    def __init__(self, unix_time, flags, cache_control, data):
        self.unix_time = unix_time
        self.cache = bool(flags & 0x1000)
        self.steps = bool(flags & 0x0800)
        self.request = bool(flags & 0x0400)
        self.status = flags & 0x03FF
        self.cache_control = cache_control
        self.data = data

    @classmethod
    def unpack(cls, raw):
        unix_time, _, flags, cache_control = HEADER.unpack(raw[: HEADER.size])
        return cls(unix_time, flags, cache_control, raw[HEADER.size :])

    def pack(self):
        flags = self.cache << 12 | self.steps << 11 | self.request << 10 | self.status
        length = HEADER.size + len(self.data)
        return HEADER.pack(self.unix_time, length, flags, self.cache_control) + self.data


def time_left(cache_control, age):
    return float("inf") if cache_control == INDEFINITE else cache_control - age


def serve(connection, name, cache, answer, log):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while raw := connection.recv(65536):
            log(f"{name} Got request of length {len(raw)} bytes")
            request = Packet.unpack(raw)
            key = (request.data, request.steps)
            if key not in cache:
                cache[key] = Packet.unpack(answer)
            response = cache[key]
            age = int(time.time()) - response.unix_time
            server, client = time_left(response.cache_control, age), time_left(request.cache_control, age)
            if server > 0 and client > 0:
                log(f"{name} Cache hit , server time remaining: {server:.2f}, client time remaining: {client:.2f}")
                out = response.pack()
                log(f"{name} Sending response of length {len(out)} bytes")
                connection.sendall(out)
                log(f"{name} Connection closed")


def main():
    with open(sys.argv[2], "rb") as file:
        answer = file.read()
    cache = {}
    log = print if "--log" in sys.argv else lambda text: None
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128) as listener:
        while True:
            connection, address = listener.accept()
            name = f"{{{address[0]}:{address[1]}}}"
            args = (connection, name, cache, answer, log)
            threading.Thread(target=serve, args=args, daemon=True).start()


main()
