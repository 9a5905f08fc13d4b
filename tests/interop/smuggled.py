"""Ways to write a request that readers are known to take differently. KEY stands for the key of the gateway."""

BODY = b'{"model":"m","messages":[{"role":"user","content":"one"}]}'
NEXT = b"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer KEY\r\n\r\n"
SMUGGLED = b"GET /v1/files HTTP/1.1\r\nHost: a\r\nX: "


def head(*lines, start=b"POST /v1/chat/completions HTTP/1.1", host=b"Host: a", key=b"Authorization: Bearer KEY", type=b"Content-Type: application/json"):
	return b"".join(line + b"\r\n" for line in (start, host, key, type, *lines) if line) + b"\r\n"


def post(*lines, body=BODY, length=True, next=NEXT, **more):
	return head(*lines, *([b"Content-Length: %d" % len(body)] if length else []), **more) + body + next


def get(target, *lines, start=None, **more):
	return head(*lines, start=start or b"GET " + target + b" HTTP/1.1", type=b"", **more) + NEXT


def chunks(*parts, size=b"%x", extension=b"", trailer=b"", end=b"0"):
	return b"".join(size % len(p) + extension + b"\r\n" + p + b"\r\n" for p in parts) + end + b"\r\n" + trailer + b"\r\n"


def chunked(data, *lines, coding=b"Transfer-Encoding: chunked", next=NEXT, **more):
	return head(coding, *lines, **more) + data + next


CL_TE = b"0\r\n\r\n" + SMUGGLED
HALF = len(BODY) // 2

LENGTHS = [
	("honest, with a length", post()),
	("honest, in chunks", chunked(chunks(BODY[:HALF], BODY[HALF:]))),
	("honest, three in a row", post(next=b"") * 2 + post()),
	("CL.TE: length and chunks, the length longer", head(b"Content-Length: %d" % len(CL_TE), b"Transfer-Encoding: chunked") + CL_TE + NEXT),
	("TE.CL: chunks and a shorter length", head(b"Transfer-Encoding: chunked", b"Content-Length: 4") + chunks(SMUGGLED) + NEXT),
	("chunks and a length of 0", chunked(chunks(BODY), b"Content-Length: 0")),
	("two lengths that differ", post(b"Content-Length: 5")),
	("two lengths that agree", post(b"Content-Length: %d" % len(BODY))),
	("two lengths in one line", post(b"Content-Length: %d, %d" % (len(BODY), len(BODY)), length=False)),
	("a length with a sign", post(b"Content-Length: +%d" % len(BODY), length=False)),
	("a negative length", post(b"Content-Length: -1", length=False)),
	("a length with leading zeros", post(b"Content-Length: 00%d" % len(BODY), length=False)),
	("a length in hexadecimal", post(b"Content-Length: 0x%x" % len(BODY), length=False)),
	("a length with a blank in it", post(b"Content-Length: 1 0", length=False)),
	("a length past 64 bits", post(b"Content-Length: 18446744073709551674", length=False)),
	("an empty length", post(b"Content-Length:", length=False)),
	("a length with a form feed", post(b"Content-Length: \x0c%d" % len(BODY), length=False)),
	("a length with an underscore in its name", post(b"Content_Length: 5")),
	("no length and no chunks", post(length=False)),
	("a length on GET", get(b"/v1/models", b"Content-Length: 5")[:-len(NEXT)] + b"12345" + NEXT),
	("a length shorter than the body", head(b"Content-Length: 10") + BODY + NEXT),
]

CODINGS = [(f"transfer coding: {what}", chunked(chunks(BODY), coding=coding)) for what, coding in (
	("in capitals", b"Transfer-Encoding: CHUNKED"),
	("xchunked", b"Transfer-Encoding: xchunked"),
	("a tab before it", b"Transfer-Encoding:\tchunked"),
	("a vertical tab before it", b"Transfer-Encoding: \x0bchunked"),
	("a blank after the name", b"Transfer-Encoding : chunked"),
	("twice in two lines", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
	("twice, the second identity", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
	("twice, the first identity", b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
	("chunked, identity", b"Transfer-Encoding: chunked, identity"),
	("identity, chunked", b"Transfer-Encoding: identity, chunked"),
	("gzip, chunked", b"Transfer-Encoding: gzip, chunked"),
	("chunked, chunked", b"Transfer-Encoding: chunked, chunked"),
	("in quotes", b'Transfer-Encoding: "chunked"'),
	("with a parameter", b"Transfer-Encoding: chunked;q=1"),
	("an empty list item", b"Transfer-Encoding: ,chunked"),
	("folded", b"Transfer-Encoding:\r\n chunked"),
	("after a bare LF", b"X: y\nTransfer-Encoding: chunked"),
	("after a bare CR", b"X: y\rTransfer-Encoding: chunked"),
	("NUL after it", b"Transfer-Encoding: chunked\0"),
	("a byte past ASCII before it", b"Transfer-Encoding: \xa0chunked"),
	("identity alone", b"Transfer-Encoding: identity"),
	("empty", b"Transfer-Encoding:"),
	("named with an underscore", b"Transfer_Encoding: chunked\r\nContent-Length: %d" % len(chunks(BODY))),
)] + [
	("chunks in HTTP/1.0", chunked(chunks(BODY), start=b"POST /v1/chat/completions HTTP/1.0")),
	("TE.TE: chunked, and an odd one with a length", head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow", b"Content-Length: 4") + chunks(SMUGGLED) + NEXT),
	("chunked is named by Connection", chunked(chunks(BODY), b"Connection: transfer-encoding")),
	("Content-Length is named by Connection", post(b"Connection: content-length")),
]

CHUNKS = [(f"chunks: {what}", chunked(data)) for what, data in (
	("an extension", chunks(BODY, extension=b";a=b")),
	("an extension in quotes, with a line's end", chunks(BODY, extension=b';a="\r\n"')),
	("an extension with a bare LF", chunks(BODY, extension=b";\n")),
	("an extension with a bare CR", chunks(BODY, extension=b";\rx")),
	("an extension of 20,000 bytes", chunks(BODY, extension=b";" + b"a" * 20000)),
	("a size with blanks behind", chunks(BODY, size=b"%x  ")),
	("a size with a blank before", chunks(BODY, size=b" %x")),
	("a size with leading zeros", chunks(BODY, size=b"0000%x")),
	("a size with 0x", chunks(BODY, size=b"0x%x")),
	("a size with a sign", chunks(BODY, size=b"+%x")),
	("a negative size", chunks(BODY, size=b"-%x")),
	("a size with an underscore", chunks(BODY, size=b"0_%x")),
	("a size past 64 bits", b"10000000000000000" + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
	("a size that wraps to its length", b"1%016x" % len(BODY) + b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
	("no size", b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
	("a size in letters", b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
	("lines ended by LF alone", b"%x\n" % len(BODY) + BODY + b"\n0\n\n"),
	("a size line ended by CR alone", b"%x\r" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
	("two bytes that are no line's end behind", b"%x\r\n" % len(BODY) + BODY + b"XX0\r\n\r\n"),
	("more bytes than the size", b"%x\r\n" % (len(BODY) - 1) + BODY + b"\r\n0\r\n\r\n"),
	("the end written 00", chunks(BODY, end=b"00")),
	("the end without its empty line", b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n"),
	("a trailer", chunks(BODY, trailer=b"X: y\r\n")),
	("a trailer that is a length", chunks(BODY, trailer=b"Content-Length: 5\r\n")),
	("a trailer that is a key", chunks(BODY, trailer=b"Authorization: Bearer other\r\n")),
	("a trailer that is a request", chunks(BODY, trailer=SMUGGLED + b"y\r\n")),
	("a trailer with a bare LF", chunks(BODY, trailer=b"X: y\nZ: w\r\n")),
	("one byte each", chunks(*(bytes([b]) for b in BODY))),
)]

FIELDS = [(f"a field: {what}", post(line)) for what, line in (
	("folded with a blank", b"X: a\r\n b"),
	("folded with a tab", b"X: a\r\n\tb"),
	("a bare LF in it", b"X: a\nY: b"),
	("a bare CR in it", b"X: a\rY: b"),
	("NUL in its value", b"X: a\0b"),
	("NUL in its name", b"X\0: a"),
	("a blank in its name", b"X y: a"),
	("a blank before the colon", b"X : a"),
	("a tab before the colon", b"X\t: a"),
	("without a name", b": a"),
	("without a colon", b"X"),
	("a name past ASCII", b"X\xe9: a"),
	("a name in parentheses", b"(X): a"),
	("a name with a slash", b"X/y: a"),
	("a value past ASCII", b"X: \xe9"),
	("a value that is no UTF-8, of a field passed on", b"Openai-Beta: \xff\xfe"),
	("DEL in its value", b"X: a\x7fb"),
	("an escape in its value", b"X: \x1b[2J"),
	("an empty value", b"X:"),
	("a request in its value, percent-encoded", b"X: %0d%0aContent-Length: 5"),
	("a tab in its value, passed on", b"Accept: a\tb"),
	("twice, passed on", b"Accept: text/html\r\nAccept: application/json"),
	("20,000 bytes", b"X: " + b"a" * 20000),
	("of the gateway's own names", b"Merlon-Exchange: 00000000000000000000000000000000"),
	("X-Forwarded-For", b"X-Forwarded-For: 127.0.0.1"),
	("X-HTTP-Method-Override", b"X-HTTP-Method-Override: DELETE"),
	("X-Original-URL", b"X-Original-URL: /v1/files"),
	("Expect: 100-continue", b"Expect: 100-continue"),
	("Expect, of another kind", b"Expect: 200-ok"),
	("Trailer", b"Trailer: X"),
	("Range", b"Range: bytes=0-1"),
	("Content-Encoding: gzip", b"Content-Encoding: gzip"),
)] + [
	("a field: 200 of them", post(*(b"X-%d: a" % i for i in range(200)))),
	("a blank line before the request", b"\r\n" + post()),
	("a bare LF before the request", b"\n" + post()),
	("a first header line that begins with a blank", post(start=b"POST /v1/chat/completions HTTP/1.1\r\n X: y")),
	("all lines ended by LF alone", post().replace(b"\r\n", b"\n")),
	("the head ended by LF LF", head(b"Content-Length: %d" % len(BODY))[:-2] + b"\n" + BODY + NEXT),
]

HOSTS = [
	("no Host", post(host=b"")),
	("two Hosts that differ", post(host=b"Host: a\r\nHost: b")),
	("two Hosts that agree", post(host=b"Host: a\r\nHost: a")),
	("an empty Host", post(host=b"Host:")),
	("a Host with a path", post(host=b"Host: a/b")),
	("a Host with a name and password", post(host=b"Host: x@a")),
	("a Host with a blank in it", post(host=b"Host: a b")),
	("a Host with a comma", post(host=b"Host: a, b")),
	("two keys", post(b"Authorization: Bearer other")),
	("two content types", post(b"Content-Type: text/plain")),
]

TARGETS = [(f"target {target.decode('latin-1')!r}".replace("|", "\\|"), get(target)) for target in (
	b"http://b/v1/models", b"https://a/v1/models", b"http://a@b/v1/models", b"//b/v1/models", b"/v1//models", b"/v1/models/", b"/v1/%6dodels", b"/v1/models%00", b"/v1/models%0d%0aX:%20y", b"/v1%2fmodels",
	b"/v1/x/../models", b"/v1/%2e%2e/v1/models", b"/v1/./models", b"/v1/models;x", b"/v1/models#x", b"/v1/models?a=b", b"/v1/models?a=%00", b"/v1/models?a#b", b"/v1\\models", b"/v1/models\t", b"/v1/mod\xe9ls", b"/V1/models",
	b"/v1/models\0", b"v1/models", b"*", b"", b"/v1/models?" + b"a" * 20000,
)]
TARGETS[-1] = ("target of 20,000 bytes", TARGETS[-1][1])

LINES = [(f"first line: {what}", get(b"", start=line)) for what, line in (
	("HTTP/1.0", b"GET /v1/models HTTP/1.0"),
	("HTTP/0.9", b"GET /v1/models"),
	("HTTP/1.2", b"GET /v1/models HTTP/1.2"),
	("HTTP/2.0", b"GET /v1/models HTTP/2.0"),
	("HTTP/1.10", b"GET /v1/models HTTP/1.10"),
	("http/1.1 in small letters", b"GET /v1/models http/1.1"),
	("two blanks", b"GET  /v1/models HTTP/1.1"),
	("tabs for blanks", b"GET\t/v1/models\tHTTP/1.1"),
	("a blank at its end", b"GET /v1/models HTTP/1.1 "),
	("a blank at its start", b" GET /v1/models HTTP/1.1"),
	("a second target", b"GET /v1/models /v1/files HTTP/1.1"),
	("a method in small letters", b"get /v1/models HTTP/1.1"),
	("a method with NUL", b"GET\0 /v1/models HTTP/1.1"),
	("an unknown method", b"EXPLODE /v1/models HTTP/1.1"),
	("CONNECT", b"CONNECT b:443 HTTP/1.1"),
	("TRACE", b"TRACE /v1/models HTTP/1.1"),
	("HEAD", b"HEAD /v1/models HTTP/1.1"),
	("OPTIONS *", b"OPTIONS * HTTP/1.1"),
	("PRI, as HTTP/2 begins", b"PRI * HTTP/2.0"),
)]

CHANGES = [
	("an upgrade to h2c", post(b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", b"Connection: Upgrade, HTTP2-Settings")),
	("an upgrade to WebSocket", get(b"/v1/models", b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13")),
	("an upgrade that Connection does not name", get(b"/v1/models", b"Upgrade: websocket")),
	("HTTP/2 with prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
	("TLS where none is", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64),
	("a PROXY line", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n" + post()),
	("Connection: close, and another request", post(b"Connection: close")),
	("Connection: keep-alive and close", post(b"Connection: keep-alive, close")),
	("Connection names Authorization", post(b"Connection: authorization")),
	("Connection names Content-Type", post(b"Connection: content-type")),
	("a request that ends in its head", head(b"Content-Length: 5")[:-2]),
	("a request that ends in its body", head(b"Content-Length: 500") + BODY),
	("bytes that are no HTTP behind a request", post(next=b"\0\1\2\3\r\n\r\n")),
	("a second request that is refused", post(next=b"GET /v1/models HTTP/1.1\r\nHost : a\r\n\r\n")),
]

REQUESTS = LENGTHS + CODINGS + CHUNKS + FIELDS + HOSTS + TARGETS + LINES + CHANGES
