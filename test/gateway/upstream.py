"""A game server that is not Node: answers recorded traffic byte for byte, notes what it was sent, and misbehaves when asked.

python3 upstream.py PORT [RECORDING.json ...]    prints the port when it listens; ends when its standard input does
"""
import base64
import gzip
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

recorded = {}
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        for exchange in json.load(file):
            request = exchange["request"]
            asked = (request["method"], request["url"], request["body"].encode())
            recorded.setdefault(asked, []).append(exchange["response"])

seen = []
events = []
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # As one piece, or Nagle's algorithm and delayed acknowledgement cost 40 ms an answer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):
            events.append("broken")
            self.close_connection = True

    def do_GET(self):
        self.answer()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_GET

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self):
        route = urlsplit(self.path).path.lower()
        special = getattr(self, "on_" + route.strip("/").replace("/", "_"), None)
        if special and route != "/":
            return special()
        body = self.body()
        note = {"line": self.requestline, "headers": self.headers.items(), "body": base64.b64encode(body).decode()}
        with lock:
            seen.append(note)
            answers = recorded.get((self.command, self.path, body), [])
            given = answers.pop(0) if len(answers) > 1 else answers[0] if answers else None
        if given is None:
            return self.rpc(body)
        self.reply(given["status"], given["headers"].items(), given["body"].encode())

    def rpc(self, body):
        """Any login works; each other call says how it is called."""
        try:
            message = json.loads(body)
        except ValueError:
            return self.reply(200, [("Content-Type", "text/plain")], b"echo " + body)
        messages = message if isinstance(message, list) else [message]
        results = [self.result(one) for one in messages]
        text = json.dumps(results if isinstance(message, list) and len(results) > 1 else results[0]).encode()
        headers = [("Content-Type", "application/json-rpc")]
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            text = gzip.compress(text)
            headers.append(("Content-Encoding", "gzip"))
        self.reply(200, headers, text)

    def result(self, message):
        if message["method"] == "login":
            value = {"session_id": "session-" + str(message["id"]), "status": {"empire": {"id": message["id"]}}}
        else:
            value = message["method"]
        return {"jsonrpc": "2.0", "id": message["id"], "result": value}

    def reply(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def raw(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def on__seen(self):
        with lock:
            text = json.dumps({"seen": seen, "events": events}).encode()
            if self.command == "DELETE":
                seen.clear()
                events.clear()
        self.reply(200, [("Content-Type", "application/json")], text)

    def on__raw(self):
        """Answers with the bytes that it was sent, and closes where they do not say how long they are."""
        data = self.body()
        self.raw(data)
        self.close_connection = b"content-length" not in data.lower() and b"chunked" not in data.lower()

    def on__later(self):
        """Nothing for some time, as when a client waits for news."""
        time.sleep(float(urlsplit(self.path).query))
        self.reply(200, [], b"news")

    def on__events(self):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(200):
                time.sleep(0.05)
                if has_hung_up(self.connection):
                    raise ConnectionError
            self.raw(b"0\r\n\r\n")
        except ConnectionError:
            events.append("client of events gone")
            self.close_connection = True

    def on__half(self):
        """Dies in the middle of an answer."""
        framing = b"Content-Length: 100" if urlsplit(self.path).query == "length" else b"Transfer-Encoding: chunked"
        self.raw(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n5\r\nhello\r\n")
        time.sleep(0.05)
        self.reset()

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def on__hangup(self):
        """Takes a request and closes the connection without a word."""
        self.body()
        events.append("hung up on " + self.command)
        self.close_connection = True

    def on__early(self):
        """Answers before it has read the body, and drops what comes of it."""
        self.reply(413, [("Connection", "close")], b"too large")
        self.connection.shutdown(socket.SHUT_WR)
        while self.rfile.read1(65536):
            pass
        self.close_connection = True

    def on__upload(self):
        left = size = int(self.headers["Content-Length"])
        digest, pause = hashlib.sha256(), float(urlsplit(self.path).query or 0)
        while left:
            data = self.rfile.read1(min(left, 65536))
            if not data:
                events.append(f"upload broken off after {size - left}")
                self.close_connection = True
                return
            left -= len(data)
            digest.update(data)
            time.sleep(pause)
        self.reply(200, [], digest.hexdigest().encode())

    def on__download(self):
        size = int(urlsplit(self.path).query)
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        sent = 0
        try:
            while sent < size:
                self.connection.sendall(b"x" * min(65536, size - sent))
                sent += min(65536, size - sent)
        except OSError:
            events.append("download broken off")
            self.close_connection = True

    def on__ws(self):
        """Echoes frames of up to 125 bytes."""
        accept = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
        self.raw(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + base64.b64encode(accept.digest()) + b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"
        )
        with lock:
            seen.append({"line": self.requestline, "headers": self.headers.items(), "body": ""})
        self.close_connection = True
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                events.append("websocket gone")
                return
            length = head[1] & 127
            mask = self.rfile.read(4)
            data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.rfile.read(length)))
            if data == b"die":
                os._exit(1)
            if data == b"reset":
                return self.reset()
            self.raw(bytes([head[0], length]) + data)
            if head[0] & 15 == 8:
                events.append("websocket closed")
                return


def has_hung_up(connection):
    connection.settimeout(0)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(None)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def handle_error(self, *_):
        events.append("error " + str(sys.exc_info()[1]))


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
