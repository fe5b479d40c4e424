"""A throwaway certificate authority and what it signs, made with the openssl command."""
import os
import pathlib
import shutil
import ssl
import subprocess

OPENSSL = shutil.which("openssl")
SYSTEM = pathlib.Path("/etc/ssl/certs")
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
# Kind of certificate -> for which name it is.
KINDS = {
    "good": "IP:127.0.0.1",
    "expired": "IP:127.0.0.1",
    "wrong-name": "DNS:other.example",
    "self-signed": "IP:127.0.0.1",
}
CA_CONF = """
[ca]
default_ca = throwaway
[throwaway]
database = {0}/index
new_certs_dir = {0}
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
[any]
commonName = supplied
"""


def openssl(*arguments):
    subprocess.run([OPENSSL, *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """ca_file is what a client has to trust; context(kind) what a server shows."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        self.ca_file = self.directory / "ca.pem"
        self.key = self.directory / "ca.key"
        self.conf = self.directory / "ca.conf"
        self.conf.write_text(CA_CONF.format(self.directory))
        (self.directory / "index").write_text("")
        openssl("req", "-x509", *KEY, "-keyout", self.key, "-out", self.ca_file, "-days", 30,
                "-subj", "/CN=throwaway authority")

    def sign(self, kind, key, certificate):
        """By openssl ca: the only command of older versions that can date back."""
        request, names = certificate.with_suffix(".csr"), certificate.with_suffix(".names")
        names.write_text("subjectAltName = %s\n" % KINDS[kind])
        openssl("req", *KEY, "-keyout", key, "-out", request, "-subj", "/CN=" + kind)
        dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if kind == "expired" else ["-days", 30]
        openssl("ca", "-batch", "-config", self.conf, "-cert", self.ca_file, "-keyfile", self.key,
                "-extfile", names, "-in", request, "-out", certificate, "-notext", *dates)

    def issue(self, kind):
        """A certificate and its key, as files."""
        certificate, key = self.directory / (kind + ".pem"), self.directory / (kind + ".key")
        if kind == "self-signed":
            openssl("req", "-x509", *KEY, "-keyout", key, "-out", certificate, "-days", 30,
                    "-subj", "/CN=" + kind, "-addext", "subjectAltName = " + KINDS[kind])
        else:
            self.sign(kind, key, certificate)
        return certificate, key

    def context(self, kind):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(kind))
        return context

    def as_the_systems(self, trusted, where):
        """A command that starts another, to which this authority is one of the system's, by a link in their
        "directory" or in their "bundle" only; the new directory trusted takes their place. None: not allowed."""
        trusted.mkdir(mode=0o755)
        for file in SYSTEM.iterdir():
            (trusted / file.name).symlink_to(os.path.realpath(file))
        text, bundle = self.ca_file.read_text(), trusted / "ca-certificates.crt"
        bundle.unlink()
        bundle.write_text((SYSTEM / "ca-certificates.crt").read_text() + (text if where == "bundle" else ""))
        if where == "directory":
            name = subprocess.run([OPENSSL, "x509", "-hash", "-noout", "-in", self.ca_file], check=True,
                                  capture_output=True, text=True).stdout.strip()
            (trusted / (name + ".0")).write_text(text)
        starter = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" %s && exec "$@"' % SYSTEM, str(trusted)]
        allowed = subprocess.run([*starter, "true"], capture_output=True, check=False).returncode == 0
        return starter if allowed else None
