"""A throw-away certification authority shaped like the one that signs certified mail in Italy.

Root → `TEST PEC CA1` (name constraints, path length 0) → one signer per provider (RFC 6109 §5.5, ETSI profile of
2026). The keys exist only in this process and are made once per name; production trust anchors reject them.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SERVICE_DOMAINS = ("gestore.example", "altrogestore.example", "gestore.test")
ORGANISATIONS = ("Gestore Di Prova S.p.A.", "Altro Gestore S.r.l.", "Gestore S.p.A.")
OLDER_CA = (datetime(2013, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
CURRENT_CA = (datetime(2025, 2, 20, tzinfo=UTC), datetime(2035, 9, 22, tzinfo=UTC))
ROOT = (datetime(2011, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC))
SIGNER_MONTHS = timedelta(days=30 * 30)


@dataclass(frozen=True, slots=True)
class Provider:
    """A certified mail provider: its service domain and its name in certificates and certification data."""

    domain: str = "gestore.example"
    name: str = "Gestore Di Prova S.p.A."
    san: str = ""  # another address in the certificate; "" = posta-certificata@domain

    @property
    def address(self) -> str:
        """The address every message of the provider comes from (RFC 6109 §2.1)."""
        return f"posta-certificata@{self.domain}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A provider's signing certificate with its key and the CA certificate sent along."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    ca: x509.Certificate


@dataclass(frozen=True, slots=True)
class Authority:
    """The CA of certified mail: two certificates of one key, and the key to issue signers."""

    root: x509.Certificate
    ca: x509.Certificate
    older_ca: x509.Certificate  # same key, earlier dates: an anchor is pinned by key, not by certificate
    key: RSAPrivateKey

    @property
    def ca_pem(self) -> bytes:
        """The current CA certificate, PEM: the trust anchor to configure."""
        return self.ca.public_bytes(Encoding.PEM)

    @property
    def ca_der(self) -> bytes:
        """The current CA certificate, DER."""
        return self.ca.public_bytes(Encoding.DER)

    @property
    def root_pem(self) -> bytes:
        """The root above the CA, PEM; not sent with messages."""
        return self.root.public_bytes(Encoding.PEM)

    def signer(
        self, provider: Provider, at: datetime, valid: tuple[datetime, datetime] | None = None, *, older: bool = False
    ) -> Signer:
        """The provider's signer for messages dated `at` (aware); `valid` forces other dates of the certificate.

        The CA certificate sent along is the one in force at that time, or with `older` the first one.
        """
        start, end = valid or _signer_dates(at)
        ca = self.older_ca if older or at < CURRENT_CA[0] else self.ca
        return Signer(_signer_certificate(self, provider, start, end), _key("signer " + provider.domain), ca)


@cache
def authority(name: str = "TEST PEC CA1", key: str = "ca") -> Authority:
    """The test authority; the same object for the same arguments.

    `authority(key="impostor")` bears the same name with another key; each key has a root of its own.
    """
    root_key, ca_key = _key(f"root of {key}"), _key(key)
    root_name = _name("Autorità radice di prova", "Root di prova")
    root = _builder(root_name, root_name, root_key, ROOT)
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    root = root.add_extension(_key_usage(certificates=True), critical=True)
    certificates = [_ca_certificate(name, ca_key, root_key, dates) for dates in (CURRENT_CA, OLDER_CA)]
    return Authority(root.sign(root_key, hashes.SHA256()), certificates[0], certificates[1], ca_key)


def _ca_certificate(
    name: str, key: RSAPrivateKey, root_key: RSAPrivateKey, dates: tuple[datetime, datetime]
) -> x509.Certificate:
    subject = _name("Ente di prova", name, unit="Area sistemi")
    builder = _builder(subject, _name("Autorità radice di prova", "Root di prova"), key, dates)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(certificates=True), critical=True)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
    )
    builder = builder.add_extension(_policies("1.3.76.16.3.1"), critical=False)
    builder = builder.add_extension(_name_constraints(), critical=False)
    return _with_pointers(builder, root_key).sign(root_key, hashes.SHA256())


@cache
def _signer_certificate(issuer: Authority, provider: Provider, start: datetime, end: datetime) -> x509.Certificate:
    key = _key("signer " + provider.domain)
    subject = _name(provider.name, f"Posta Certificata {provider.name}")
    builder = _builder(subject, issuer.ca.subject, key, (start, end))
    builder = builder.add_extension(_key_usage(certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    san = x509.SubjectAlternativeName([x509.RFC822Name(provider.san or provider.address)])
    builder = builder.add_extension(san, critical=False)
    builder = builder.add_extension(_policies("1.3.76.16.3.1.1", "2.23.140.1.5.2.2"), critical=False)
    return _with_pointers(builder, issuer.key).sign(issuer.key, hashes.SHA256())


def _signer_dates(at: datetime) -> tuple[datetime, datetime]:
    start = datetime(at.year - 1, 7, 1, tzinfo=UTC)
    return start, start + SIGNER_MONTHS


@cache
def _key(name: str) -> RSAPrivateKey:  # noqa: ARG001 - the name is the cache key
    return generate_private_key(public_exponent=65537, key_size=2048)


def _name(organisation: str, common: str, unit: str = "") -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "IT"), (NameOID.STATE_OR_PROVINCE_NAME, "MI"), (NameOID.LOCALITY_NAME, "Milano")]
    parts += [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
    parts += [(NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey, dates: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    public = key.public_key()
    builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=public)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(dates[0]).not_valid_after(dates[1])
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _with_pointers(builder: x509.CertificateBuilder, issuer_key: RSAPrivateKey) -> x509.CertificateBuilder:
    """The builder with key identifier of the issuer, OCSP and CRL addresses (that answer nothing)."""
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    ocsp = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ca1.example/OCSP")
    )
    crl = x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca1.example/CRL")], None, None, None)
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(x509.AuthorityInformationAccess([ocsp]), critical=False)
    return builder.add_extension(x509.CRLDistributionPoints([crl]), critical=False)


def _policies(*oids: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(ObjectIdentifier(oid), ["http://ca1.example/cps"]) for oid in oids]
    )


def _name_constraints() -> x509.NameConstraints:
    permitted: list[x509.GeneralName] = [x509.RFC822Name(domain) for domain in SERVICE_DOMAINS]
    permitted += [
        x509.DirectoryName(x509.Name(next(iter(_name(name, "").rdns[i])) for i in range(4))) for name in ORGANISATIONS
    ]
    excluded: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(net)) for net in ("0.0.0.0/0", "::/0")]
    excluded.append(x509.DNSName(""))
    return x509.NameConstraints(permitted, excluded)


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
