//! Every wrong certificate, at either side: a typed refusal, and nobody is authenticated.

use std::sync::Arc;
use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_node::{AuthenticatedPeer, Refusal};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::support::{Authority, Deployment, Issued};

const LIMIT: Duration = Duration::from_secs(5);
const ALPN: &[u8] = b"burn-mpc/1";

/// Believes everything.
#[derive(Debug)]
struct Naive;

impl ServerCertVerifier for Naive {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// A client that shows `issued`, or no certificate.
pub(crate) fn client(issued: Option<&Issued>, alpn: &[u8]) -> TlsConnector {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Naive));
    let mut config = match issued {
        None => builder.with_no_client_auth(),
        Some(issued) => {
            let chain = vec![issued.certificate()];
            builder
                .with_client_auth_cert(chain, issued.private_key())
                .unwrap()
        }
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    Arc::new(config).into()
}

fn server(issued: &Issued, alpn: &[u8]) -> TlsAcceptor {
    let chain = vec![issued.certificate()];
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, issued.private_key())
        .unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    Arc::new(config).into()
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connected = TcpStream::connect(address).await.unwrap();
    (listener.accept().await.unwrap().0, connected)
}

pub(crate) fn name() -> ServerName<'static> {
    ServerName::try_from("party.example").unwrap()
}

/// A client's first message in TLS 1.2.
pub(crate) fn client_hello_of_tls12() -> Vec<u8> {
    let extensions = [
        &[0, 13, 0, 4, 0, 2, 4, 3][..], // signatures: ECDSA with SHA-256
        &[0, 10, 0, 4, 0, 2, 0, 23],    // groups: P-256
        &[0, 11, 0, 2, 1, 0],           // points: uncompressed
        &[0, 23, 0, 0],                 // extended master secret
    ]
    .concat();
    let mut body = vec![3, 3];
    body.extend([5; 32]);
    body.extend([0, 0, 2, 0xC0, 0x2B, 1, 0, 0, extensions.len() as u8]);
    body.extend(extensions);
    record(1, &body)
}

fn server_hello_of_tls12() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([6; 32]);
    body.extend([0, 0xC0, 0x2B, 0]);
    record(2, &body)
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let (inner, outer) = (body.len() as u8, body.len() as u8 + 4);
    let mut record = vec![22, 3, 3, 0, outer, kind, 0, 0, inner];
    record.extend(body);
    record
}

/// What the party says to a client that does `hostile` with its end.
fn accepted<F: Future<Output = ()> + Send + 'static>(
    deployment: &Deployment,
    party: Party,
    hostile: impl FnOnce(TcpStream) -> F,
) -> Result<Party, Refusal> {
    let identity = deployment.identity(party);
    runtime().block_on(async {
        let (here, there) = pair().await;
        let hostile = tokio::spawn(hostile(there));
        let result = AuthenticatedPeer::accept(&identity, here, LIMIT, || {}).await;
        // Closes the connection, for which the client waits.
        let result = result.map(|authenticated| authenticated.peer());
        hostile.await.unwrap();
        result
    })
}

/// The same with a client that shows a certificate, or none.
fn shown(
    deployment: &Deployment,
    party: Party,
    issued: Option<&Issued>,
    alpn: &[u8],
) -> Result<Party, Refusal> {
    let client = client(issued, alpn);
    accepted(deployment, party, |stream| async move {
        if let Ok(mut stream) = client.connect(name(), stream).await {
            // The server's refusal, or the end.
            let _ = stream.read_u8().await;
        }
    })
}

fn says(deployment: &Deployment, bytes: Vec<u8>) -> Result<Party, Refusal> {
    accepted(deployment, Party::P0, |mut stream| async move {
        stream.write_all(&bytes).await.unwrap();
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
}

/// What the party says to `hostile` at the address of `peer`.
fn dialled<F: Future<Output = ()> + Send + 'static>(
    deployment: &Deployment,
    party: Party,
    peer: Party,
    hostile: impl FnOnce(TcpStream) -> F,
) -> Result<Party, Refusal> {
    let identity = deployment.identity(party);
    runtime().block_on(async {
        let (there, here) = pair().await;
        let hostile = tokio::spawn(hostile(there));
        let result = AuthenticatedPeer::dial(&identity, peer, here, LIMIT).await;
        let result = result.map(|authenticated| authenticated.peer());
        hostile.await.unwrap();
        result
    })
}

fn answered(deployment: &Deployment, issued: &Issued, alpn: &[u8]) -> Result<Party, Refusal> {
    let server = server(issued, alpn);
    dialled(deployment, Party::P1, Party::P0, |stream| async move {
        let _ = server.accept(stream).await;
    })
}

#[test]
fn who_connects_is_who_its_pinned_key_says() {
    let deployment = Deployment::new();
    let [p0, p1, p2] = &deployment.members;
    let connects = |to, issued| shown(&deployment, to, Some(issued), ALPN);
    assert_eq!(connects(Party::P0, p1), Ok(Party::P1));
    assert_eq!(connects(Party::P0, p2), Ok(Party::P2));
    assert_eq!(connects(Party::P1, p2), Ok(Party::P2));
    // Those that listen themselves do not connect: the party's own certificate, or a lower party's.
    let another = |found| Err(Refusal::AnotherParty { found });
    assert_eq!(connects(Party::P0, p0), another(Party::P0));
    assert_eq!(connects(Party::P1, p1), another(Party::P1));
    assert_eq!(connects(Party::P1, p0), another(Party::P0));
}

#[test]
fn who_connects_with_a_wrong_certificate_is_refused() {
    let deployment = Deployment::new();
    let authority = &deployment.authority;
    for party in [Party::P0, Party::P1] {
        let connects = |issued| shown(&deployment, party, issued, ALPN);
        assert_eq!(connects(None), Err(Refusal::NoCertificate));
        let expired = authority.issue_between(2000, 2001);
        assert_eq!(connects(Some(&expired)), Err(Refusal::Expired));
        let early = authority.issue_between(2200, 2201);
        assert_eq!(connects(Some(&early)), Err(Refusal::NotYetValid));
        let foreign = Authority::new().issue();
        assert_eq!(connects(Some(&foreign)), Err(Refusal::UnknownAuthority));
        let nobody = authority.issue();
        assert_eq!(connects(Some(&nobody)), Err(Refusal::UnknownKey));
    }
    let other = shown(&deployment, Party::P0, Some(&deployment.members[1]), b"h2");
    assert_eq!(other, Err(Refusal::AnotherProtocol));
}

#[test]
fn an_expired_certificate_for_a_pinned_key_is_refused() {
    let authority = Authority::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let expired = authority.issue_for(&key, 2000, 2001);
    let renewed = authority.issue_for(&key, 2020, 2120);
    let others = [authority.issue(), authority.issue()];
    let [p0, p2] = others;
    let deployment = Deployment::of(authority, [p0, renewed, p2]);
    let result = shown(&deployment, Party::P0, Some(&expired), ALPN);
    assert_eq!(result, Err(Refusal::Expired));
}

#[test]
fn a_pinned_key_below_another_authority_is_refused() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let key = rcgen::KeyPair::generate().unwrap();
    let members = [
        authority.issue(),
        authority.issue_for(&key, 2020, 2120),
        authority.issue(),
    ];
    let deployment = Deployment::of(authority, members);
    let forged = foreign.issue_for(&key, 2020, 2120);
    let result = shown(&deployment, Party::P0, Some(&forged), ALPN);
    assert_eq!(result, Err(Refusal::UnknownAuthority));
}

#[test]
fn who_connects_without_tls_1_3_is_refused() {
    let deployment = Deployment::new();
    let http = b"GET / HTTP/1.1\r\nHost: p0\r\n\r\n".to_vec();
    assert_eq!(says(&deployment, http), Err(Refusal::NotTls));
    assert_eq!(says(&deployment, vec![0xB5; 64]), Err(Refusal::NotTls));
    let old = says(&deployment, client_hello_of_tls12());
    assert_eq!(old, Err(Refusal::TlsVersion));
    for silent in [Vec::new(), client_hello_of_tls12()[..20].to_vec()] {
        let left = says(&deployment, silent);
        assert!(matches!(left, Err(Refusal::HungUp { .. })), "{left:?}");
    }
}

#[test]
fn who_answers_is_who_its_pinned_key_says() {
    let deployment = Deployment::new();
    let [p0, p1, p2] = &deployment.members;
    // The genuine key, but a server that asks for no certificate: this end knows whom it speaks to.
    assert_eq!(answered(&deployment, p0, ALPN), Ok(Party::P0));
    let another = |found| Err(Refusal::AnotherParty { found });
    assert_eq!(answered(&deployment, p1, ALPN), another(Party::P1));
    assert_eq!(answered(&deployment, p2, ALPN), another(Party::P2));
}

#[test]
fn who_answers_with_a_wrong_certificate_is_refused() {
    let deployment = Deployment::new();
    let authority = &deployment.authority;
    let answers = |issued: Issued| answered(&deployment, &issued, ALPN);
    assert_eq!(
        answers(authority.issue_between(2000, 2001)),
        Err(Refusal::Expired)
    );
    assert_eq!(
        answers(authority.issue_between(2200, 2201)),
        Err(Refusal::NotYetValid)
    );
    assert_eq!(
        answers(Authority::new().issue()),
        Err(Refusal::UnknownAuthority)
    );
    assert_eq!(answers(authority.issue()), Err(Refusal::UnknownKey));
    let other = answered(&deployment, &deployment.members[0], b"h2");
    assert!(other.is_err(), "{other:?}");
}

#[test]
fn who_answers_without_tls_1_3_is_refused() {
    let deployment = Deployment::new();
    let answers = |bytes: Vec<u8>| {
        dialled(&deployment, Party::P1, Party::P0, |mut stream| async move {
            stream.write_all(&bytes).await.unwrap();
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
    };
    assert_eq!(
        answers(b"HTTP/1.1 400 Bad\r\n\r\n".to_vec()),
        Err(Refusal::NotTls)
    );
    assert_eq!(answers(server_hello_of_tls12()), Err(Refusal::TlsVersion));
    assert!(matches!(answers(Vec::new()), Err(Refusal::HungUp { .. })));
}
