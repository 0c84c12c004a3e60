"""Small PDF files of several producers and layouts, and strangers that read ours."""

from __future__ import annotations

import datetime
import io
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pikepdf
import pypdf


@cache
def reportlab(info: bool = True) -> bytes:
    from reportlab.pdfgen import canvas

    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=True)
    page.drawString(72, 700, "Text")
    if info:
        page.setTitle("A (bracketed) title")
        page.setAuthor("作者")
    page.save()
    return out.getvalue()


@cache
def fpdf2() -> bytes:
    from fpdf import FPDF

    page = FPDF()
    page.set_creation_date(datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC))
    page.add_page()
    page.set_title("Title")
    page.set_font("helvetica", size=12)
    page.cell(text="Text")
    return bytes(page.output())


@cache
def with_packet() -> bytes:
    """By pikepdf, with an XMP packet."""
    with pikepdf.open(io.BytesIO(reportlab())) as pdf:
        with pdf.open_metadata(set_pikepdf_as_editor=False) as packet:
            packet["dc:title"] = "A title"
        return _saved(pdf)


@cache
def layout(streams: bool = True, linearize: bool = False, version: str = "1.5", source: bytes = b"") -> bytes:
    """Written anew by qpdf's library."""
    with pikepdf.open(io.BytesIO(source or reportlab())) as pdf:
        mode = pikepdf.ObjectStreamMode.generate if streams else pikepdf.ObjectStreamMode.disable
        return _saved(pdf, object_stream_mode=mode, linearize=linearize, min_version=version)


def _saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, **options)  # type: ignore[arg-type]
    return out.getvalue()


@cache
def by_pypdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@cache
def without_info() -> bytes:
    """A table, no Info, no identifiers, by hand."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    )
    return build(objects, b"/Root 1 0 R /Unknown (kept)")


def build(objects: tuple[bytes, ...], trailer: bytes, *, junk: bytes = b"", first: int = 1) -> bytes:
    """A file with one table; offsets count from the header, which ``junk`` may stand in front of."""
    data, rows = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, body in enumerate(objects, first):
        rows += b"%010d 00000 n \n" % len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 1
    end = b"xref\n0 %d\n%strailer\n<</Size %d %s>>\nstartxref\n%d\n%%%%EOF\n"
    return junk + data + end % (size, rows, size, trailer, len(data))


@cache
def hybrid() -> bytes:
    """A table for old readers, and a stream that knows the Info object in an object stream (7.5.8.4)."""
    packed = b"4 0 <</Title (Hidden) /Author (A)>>"
    body = packed.partition(b" <<")[2]
    inner = b"4 0 " + b"<<" + body
    data = b"%PDF-1.5\n"
    places = {}
    for number, text in (
        (1, b"<</Type/Catalog/Pages 2 0 R>>"),
        (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        (3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"),
        (5, b"<</Type/ObjStm/N 1/First 4/Length %d>>\nstream\n%s\nendstream" % (len(inner), inner)),
    ):
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    places[6] = len(data)
    rows = (
        b"\x02\0\5\0" + b"\x01" + places[5].to_bytes(2, "big") + b"\0" + b"\x01" + places[6].to_bytes(2, "big") + b"\0"
    )
    data += (
        b"6 0 obj\n<</Type/XRef/Size 7/W[1 2 1]/Index[4 3]/Root 1 0 R/Length 12>>\nstream\n%s\nendstream\nendobj\n"
        % rows
    )
    start = len(data)
    table = b"".join(b"%010d 00000 n \n" % places[n] for n in (1, 2, 3))
    table = (
        b"xref\n0 7\n0000000004 65535 f \n" + table + b"0000000005 00000 f \n0000000006 00000 f \n0000000000 00000 f \n"
    )
    trailer = b"trailer\n<</Size 7/Root 1 0 R/Info 4 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (places[6], start)
    return data + table + trailer


def qpdf_check(data: bytes) -> str:
    """What qpdf complains of; ``""`` when nothing."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(data)
        ran = subprocess.run(["qpdf", "--check", file.name], capture_output=True, text=True, timeout=60)
    quiet = ran.returncode == 0 and "WARNING" not in ran.stdout + ran.stderr
    return "" if quiet else ran.stdout + ran.stderr


def pdfinfo(data: bytes) -> dict[str, str]:
    """What poppler reads."""
    ran = subprocess.run(["pdfinfo", "-custom", "-"], input=data, capture_output=True, check=True, timeout=60)
    lines = (line.partition(":") for line in ran.stdout.decode().splitlines())
    return {key.strip(): value.strip() for key, _, value in lines}


@cache
def signed(certify: int = 0, twice: bool = False) -> bytes:
    """A PDF signed by pyHanko; ``certify`` is the permission level of a certification, 0 for a plain signature."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    levels = dict(enumerate(fields.MDPPerm, 1))
    out = io.BytesIO(reportlab())
    for number in range(2 if twice else 1):
        meta = signers.PdfSignatureMetadata(
            field_name=f"S{number}",
            certify=bool(certify) and number == 0,
            **({"docmdp_permissions": levels[certify]} if certify else {}),
        )
        writer = IncrementalPdfFileWriter(out)
        result = signers.sign_pdf(writer, meta, signer=_signer())
        out = io.BytesIO(result.getvalue())
    return out.getvalue()


@cache
def _signer():  # type: ignore[no-untyped-def]
    from asn1crypto import keys, x509
    from cryptography import x509 as cx509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = cx509.Name([cx509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = datetime.datetime.now(datetime.UTC)
    usage = cx509.KeyUsage(True, True, False, False, False, True, True, False, False)
    certificate = (
        cx509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=9))
        .add_extension(usage, critical=True)
        .add_extension(cx509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(certificate.public_bytes(der)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )


def signatures(data: bytes) -> list[tuple[bool, bool, str, bool]]:
    """For each signature: intact, valid, what pyHanko calls the changes since, and whether it is trusted still."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    reader = PdfFileReader(io.BytesIO(data))
    context = ValidationContext(trust_roots=[_signer().signing_cert], allow_fetching=False)
    found = [validate_pdf_signature(each, signer_validation_context=context) for each in reader.embedded_signatures]
    return [
        (s.intact, s.valid, s.modification_level.name if s.modification_level else "", s.bottom_line) for s in found
    ]
