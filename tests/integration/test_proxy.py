"""The shipped examples of a public server, and of one behind nginx or HAProxy, work unchanged except for their ports."""
import asyncio
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.configs import read  # noqa: E402
from support.elsewhere import Elsewhere, own_network  # noqa: E402
from support.events import Events  # noqa: E402
from support.http2 import Gateway  # noqa: E402
from support.server import (BUILD, PATIENCE, ROOT, Server, certificate, connect, free_port, insecure_tls,  # noqa: E402
                            receive)
from support.transports import Transport  # noqa: E402
from support.wire import Wire, upgrade  # noqa: E402

HSTS = "max-age=31536000"

setUpModule = own_network


def example(name, challenges=None):
    """The vhosts of an example, with ports and files of this machine."""
    vhosts = read(ROOT / "conf/examples" / name)["vhosts"]
    for made in vhosts:
        made["port"] = str(free_port())
        for protocols in made.get("ws-protocols", []):
            protocols.get("lws-chat", {}).pop("storage", None)  # its folder is not there
        if "host-ssl-cert" in made:
            made["host-ssl-cert"], made["host-ssl-key"] = certificate()
        for mount in made["mounts"]:
            mount["origin"] = mount["origin"].replace("/usr/share/lws-chat/mount", f"{BUILD}/mount")
            mount["origin"] = mount["origin"].replace("/var/lib/lws-chatd/acme/.well-known/acme-challenge", str(challenges))
    return vhosts


async def get(url, sock=None, **headers):
    """The answer to one request. The connection ends with it."""
    wire = await Wire.open(url, sock=sock)
    path = "/" + url.split("/", 3)[3]
    fields = {"Host": url.split("/")[2], "Connection": "close", **headers}
    wire.send("\r\n".join([f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]).encode())
    try:
        return await wire.answer()
    finally:
        await wire.abandon()


class Proxy:
    """A proxy with a process and a folder of its own, which end with it."""

    def __exit__(self, *_exc):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, path="/chat/", scheme="wss"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"


class Nginx(Proxy):
    """nginx with a shipped example, in front of ports of lws-chatd, each in the place of a port of the example."""
    redirects_to = "127.0.0.1"
    example, ports = "lws-chat", (8001,)

    def __init__(self, *behind):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-test-nginx-"))
        self.port, self.plain_port = free_port(), free_port()
        cert, key = certificate()
        text = (ROOT / "conf/nginx" / self.example).read_text()
        for old, new in ((r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                         (r"listen 443 ssl;", f"listen {self.port} ssl;"),
                         (r"listen \[::\]:[^;]*;", ""),  # the machine may have no IPv6
                         (r"/etc/letsencrypt/live/chat.example.org/fullchain.pem", cert),
                         (r"/etc/letsencrypt/live/chat.example.org/privkey.pem", key),
                         *((rf"127.0.0.1:{old};", f"127.0.0.1:{new};") for old, new in zip(self.ports, behind))):
            text, count = re.subn(old, new, text)
            assert count, f"the example has {old}"
        (self.folder / "lws-chat").write_text(text)
        temporary = "\n".join(f"{name}_temp_path {self.folder}/{name};"
                              for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/log;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary}\ninclude {self.folder}/lws-chat; }}\n")

    def __enter__(self):
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        self.process = subprocess.Popen([nginx, "-p", self.folder, "-c", self.folder / "nginx.conf",
                                         "-e", self.folder / "log"], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "pid").exists() or not (self.folder / "pid").read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.01)
        return self


class HAProxy(Proxy):
    """HAProxy with the shipped example, in front of a port of lws-chatd."""

    def __init__(self, behind):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-test-haproxy-"))
        self.port, self.plain_port = free_port(), free_port()
        self.redirects_to = f"127.0.0.1:{self.plain_port}"  # HAProxy keeps the request's Host, which has no port for port 80
        pair = self.folder / "pair.pem"
        pair.write_text("".join(pathlib.Path(file).read_text() for file in certificate()))
        text = (ROOT / "conf/haproxy/lws-chat").read_text()
        for old, new in ((r"bind :80\n", f"bind 127.0.0.1:{self.plain_port}\n"),
                         (r"bind :443 ", f"bind :{self.port} "),
                         (r"crt /etc/haproxy/chat.example.org.pem ", f"crt {pair} "),
                         (r"127.0.0.1:8001\n", f"127.0.0.1:{behind}\n")):
            text, count = re.subn(old, new, text)
            assert count == 1, f"the example has {old}"
        self.config = self.folder / "haproxy.cfg"
        self.config.write_text("global\n    maxconn 1000\n" + text)

    def __enter__(self):
        haproxy = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        with open(self.folder / "log", "ab") as log:
            check = subprocess.run([haproxy, "-c", "-f", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            said = (self.folder / "log").read_text()
            assert check.returncode == 0 and "WARNING" not in said, said
            self.process = subprocess.Popen([haproxy, "-db", "-f", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not accepts(self.port):
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.01)
        return self


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


class BehindProxy:
    """Tests for both proxies. `proxy_of` makes the proxy."""

    def begin(self, trusted=True, **options):
        made = example("behind-proxy")
        chat = made[0]["ws-protocols"][0]["lws-chat"]
        chat.update(options)
        if not trusted:
            del chat["trusted-proxies"]
        self.serve(*made)
        self.proxy = self.enterContext(self.proxy_of(self.server.port))

    async def client(self, path="/chat/", address="127.0.0.1", url=None, **kwargs):
        return await self.enterAsyncContext(connect(url or self.proxy.url(path), local_addr=(address, 0), **kwargs))

    async def joined(self):
        """The client's address in the log line about joining."""
        line = (await self.server.logged("joined by"))[-1]
        return re.search(r"vhost behind-proxy: (\S+) joined by", line)[1]

    async def test_websockets_of_both_dialects_talk_through_it(self):
        self.begin()
        text, structured = await self.client(), await self.client("/connection/websocket")
        await structured.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"lobby"}}')
        while '"subscribe"' not in await receive(structured):
            pass
        await text.send("請輸入")
        self.assertEqual(await receive(text), "請輸入")
        self.assertEqual(json.loads(await receive(structured))["push"]["pub"]["data"], "請輸入")

    async def test_an_event_stream_delivers_each_event_at_once(self):
        self.begin()
        # With curl, which joins chunks.
        events = await Events.open(self.proxy.url("/sse/lobby", "https"), http2=True)
        self.addAsyncCleanup(events.hang_up)
        self.assertEqual((await events.next()).type, "position")
        client = await self.client()
        for text in "one", "two", "three":
            await client.send(text)
            self.assertEqual((await events.next()).data, text)

    async def test_the_log_has_the_client_s_address(self):
        self.begin()
        await self.client(address="127.0.0.5")
        self.assertEqual(await self.joined(), "127.0.0.5")

    async def test_the_log_has_the_proxy_s_address_if_it_is_not_trusted(self):
        self.begin(trusted=False, open="1")
        await self.client(address="127.0.0.5")
        self.assertEqual(await self.joined(), "127.0.0.1")

    async def test_clients_of_other_machines_are_let_in_only_if_the_vhost_is_open(self):
        for options, status in ({}, 403), ({"open": "1"}, 101):
            self.begin(**options)
            with self.subTest(options), Elsewhere() as elsewhere:
                answer = await upgrade(self.proxy.url(), sock=elsewhere.connect(self.proxy.port))
                self.assertEqual(answer.status, status)
                await self.server.logged(elsewhere.there, '"open": "1"' if status == 403 else "joined by")

    async def test_nobody_is_let_in_through_a_proxy_that_is_not_trusted(self):
        self.begin(trusted=False)
        self.assertEqual((await upgrade(self.proxy.url())).status, 403)
        await self.server.logged("a proxy that is not in trusted-proxies")

    async def test_the_public_name_is_allowed_and_others_are_not(self):
        self.begin()
        for host, status in ("chat.example.org", 101), ("chat.example.org:443", 101), ("evil.example", 421):
            self.assertEqual((await upgrade(self.proxy.url(), {"Host": host})).status, status, host)

    async def test_an_address_that_a_client_claims_is_ignored(self):
        self.begin()
        await self.client(address="127.0.0.5", headers={"X-Forwarded-For": "203.0.113.9"})
        self.assertEqual(await self.joined(), "127.0.0.5")

    async def test_an_address_that_a_direct_client_claims_is_ignored(self):
        self.begin(open="1")
        await self.client(address="127.0.0.6", url=self.server.url, headers={"X-Forwarded-For": "203.0.113.9"})
        self.assertEqual(await self.joined(), "127.0.0.6")

    async def test_pages_of_this_server_may_connect_and_foreign_pages_may_not(self):
        self.begin()
        own = f"https://127.0.0.1:{self.proxy.port}"
        self.assertEqual((await upgrade(self.proxy.url(), {"Origin": own})).status, 101)
        self.assertEqual((await upgrade(self.proxy.url(), {"Origin": "https://example.com"})).status, 403)

    async def test_the_page_and_the_redirects_to_it_have_hsts(self):
        self.begin()
        page = await get(self.proxy.url("/web/", "https"))
        self.assertEqual((page.status, page.headers["strict-transport-security"]), (200, HSTS))
        self.assertIn(b"<title>", page.body)
        root = await get(self.proxy.url("/", "https"))
        self.assertEqual((root.status, root.headers["location"]), (302, "/web/"))
        unfinished = await get(self.proxy.url("/web", "https"))
        self.assertEqual((unfinished.status, unfinished.headers["location"]), (301, self.proxy.url("/web/", "https")))
        plain = await get(f"http://127.0.0.1:{self.proxy.plain_port}/chat/?a=b")
        self.assertEqual((plain.status, plain.headers["location"]), (301, f"https://{self.proxy.redirects_to}/chat/?a=b"))

    async def test_outdated_ciphers_are_refused(self):
        self.begin()
        context = insecure_tls()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", self.proxy.port, ssl=context)


class BehindNginx(BehindProxy, Transport):
    proxy_of = Nginx


class BehindHAProxy(BehindProxy, Transport):
    proxy_of = HAProxy

    async def test_websockets_over_http2_go_through_it(self):
        self.begin()
        gateway = self.enterContext(Gateway(self.proxy.url("", "https")))
        client = await self.client(url=gateway.url())
        await client.send("請輸入")
        self.assertEqual(await receive(client), "請輸入")

    async def test_several_requests_on_one_connection_are_answered(self):
        self.begin()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port, ssl=insecure_tls())
        request = b"GET /web/ HTTP/1.1\r\nHost: localhost\r\n"
        writer.write((request + b"\r\n") * 2 + request + b"Connection: close\r\n\r\n")
        answers = (await asyncio.wait_for(reader.read(), PATIENCE)).count(b"HTTP/1.1 200 OK\r\n")
        writer.close()
        self.assertEqual(answers, 3)


class Public(Transport):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-")))
        self.serve(*example("public"), *example("port-80", self.folder))

    async def test_http_redirects_every_path_to_https(self):
        for path in "/", "/web/", "/chat/", "/nowhere?a=b":
            answer = await get(self.server.http_of(1, path).replace("localhost", "127.0.0.1"))
            self.assertEqual((answer.status, answer.headers["location"]), (301, "https://chat.example.org/"), path)

    async def test_challenges_of_a_certificate_authority_are_answered_over_http(self):
        (self.folder / "o-6_ken").write_text("o-6_ken.thumb-print")
        challenges = self.server.http_of(1, "/.well-known/acme-challenge/{}").replace("localhost", "127.0.0.1")
        answer = await get(challenges.format("o-6_ken"))
        self.assertEqual((answer.status, answer.body), (200, b"o-6_ken.thumb-print"))
        for path in "", "another":
            self.assertEqual((await get(challenges.format(path))).status, 404, path)

    async def test_a_websocket_over_http_is_refused(self):
        self.assertNotEqual((await upgrade(self.server.url_of(1))).status, 101)

    async def test_the_redirect_to_https_works_after_any_request(self):
        """libwebsockets 4.1 hangs when it accepts a next request before this one's end."""
        redirect = self.server.url_of(1, "/")
        for data in (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 300, b"OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"):
            wire = await Wire.open(redirect)
            wire.send(data)
            self.assertIn((await wire.answer()).status, (301, 302))
            await wire.abandon()
        self.assertEqual((await get(redirect.replace("ws", "http"))).status, 301)

    async def test_all_answers_over_https_have_hsts(self):
        url = self.server.http_of(0, "{}").replace("localhost", "127.0.0.1")
        for path, status in ("/", 302), ("/web/", 200), ("/nowhere", 404), ("/sse/lobby", 200), ("/web/nothing", 404):
            answer = await get(url.format(path)) if path != "/sse/lobby" else await self.head_of_stream(url.format(path))
            self.assertEqual((answer.status, answer.headers.get("strict-transport-security")), (status, HSTS), path)

    async def head_of_stream(self, url):
        wire = await Wire.open(url)
        self.addAsyncCleanup(wire.abandon)
        wire.send(b"GET /sse/lobby HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return await wire.answer(body=False)

    async def test_other_machines_get_the_page_but_are_not_let_in(self):
        with Elsewhere() as elsewhere:
            page = await get(self.server.http_of(0, "/web/"), sock=elsewhere.connect(self.server.port_of(0)), Host="chat.example.org")
            self.assertEqual((page.status, b"<title>" in page.body), (200, True))
            stranger = elsewhere.connect(self.server.port_of(0))
            self.assertEqual((await upgrade(self.server.url, {"Host": "chat.example.org"}, sock=stranger)).status, 403)

    async def test_only_the_vhosts_name_and_addresses_are_served(self):
        for host, status in ("chat.example.org", 101), ("127.0.0.1", 101), ("www.example.org", 421):
            self.assertEqual((await upgrade(self.server.url, {"Host": host})).status, status, host)

    async def test_websockets_talk_over_tls(self):
        client = await self.join()
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")


if __name__ == "__main__":
    unittest.main()
