"""Certificates from openssl, and the folder of lws-chatd's own."""
import pathlib
import ssl

from machine import PATIENCE, run

TLS = pathlib.Path("/etc/lws-chatd/tls")


def lineage(name, *arguments):
    """A folder like certbot's, with a new certificate for localhost and its key."""
    folder = pathlib.Path("/tmp") / name
    folder.mkdir()
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem", "-subj", f"/CN={name}",
        *(arguments or ("-days", "30")))
    return folder


def expired():
    """A certificate that was valid in January 2020, with its key."""
    folder = lineage("expired")
    run("openssl", "req", "-new", "-key", folder / "privkey.pem", "-subj", "/CN=expired", "-out", folder / "request")
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    (folder / "ca").write_text(f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\nserial={folder}/serial\n"
                               f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
    run("openssl", "ca", "-batch", "-selfsign", "-config", folder / "ca", "-keyfile", folder / "privkey.pem",
        "-startdate", "20200101000000Z", "-enddate", "20200131000000Z", "-notext",
        "-in", folder / "request", "-out", folder / "fullchain.pem")
    return folder


def put(folder):
    """Installs a certificate for lws-chatd like the deploy hook, but without a reload."""
    for source, target in ("fullchain", "cert"), ("privkey", "key"):
        run("install", "-m", "640", "-o", "root", "-g", "lws-chat", folder / f"{source}.pem", TLS / f"{target}.pem")


def served_certificate():
    return ssl.get_server_certificate(("localhost", 8443), timeout=PATIENCE)
