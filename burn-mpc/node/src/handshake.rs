//! The TLS handshake, and the only thing that comes out of it: an [`AuthenticatedPeer`].

use std::fmt;
use std::time::Duration;

use burn_mpc_engine::Party;
use rustls::pki_types::ServerName;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{LazyConfigAcceptor, TlsConnector, TlsStream};
use zeroize::Zeroizing;

use crate::hello::{HELLO_BYTES, Hello, Mismatch};
use crate::identity::ALPN;
use crate::{Identity, LinkConfig, Refusal};

const BINDING: &[u8] = b"EXPORTER-burn-mpc pair key v1";
/// How long a connection that ends is still read from.
const LINGER: Duration = Duration::from_millis(250);
/// Verifiers check keys, not names, and no name is sent.
const NO_NAME: &str = "party.burn-mpc.invalid";

/// A connection whose other end has proven, by a certificate of the private authority and the pinned key, which party it
/// is. Only a finished handshake makes one, and only from one is a hello read.
pub struct AuthenticatedPeer {
    party: Party,
    peer: Party,
    stream: TlsStream<TcpStream>,
}

/// A link: an authenticated peer that is here for the same session and program.
pub(crate) struct Link {
    pub(crate) peer: Party,
    pub(crate) stream: TlsStream<TcpStream>,
    /// A secret of this TLS connection that both ends know and nobody between them.
    pub(crate) binding: Zeroizing<[u8; 32]>,
}

/// Why an authenticated connection did not become a link.
#[derive(Debug)]
pub(crate) enum NoLink {
    /// The connection failed; another may succeed.
    Refused(Refusal),
    /// The peer is here for something else.
    Mismatch(Mismatch),
}

impl AuthenticatedPeer {
    /// Authenticates who connected. `began` is called once the other end has said what a TLS client says first.
    ///
    /// # Errors
    /// Why this is no peer that connects to this party. The other end is told by a TLS alert.
    pub async fn accept(
        identity: &Identity,
        stream: TcpStream,
        limit: Duration,
        began: impl FnOnce(),
    ) -> Result<Self, Refusal> {
        within(limit, async {
            stream.set_nodelay(true).map_err(|e| Refusal::of(&e))?;
            let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await;
            let start = start.map_err(|error| Refusal::of(&error))?;
            began();
            let stream = start.into_stream(identity.accepting()).into_fallible();
            match stream.await {
                Ok(stream) => Self::authenticated(identity, stream.into()),
                Err((error, stream)) => {
                    linger(stream).await;
                    Err(Refusal::of(&error))
                }
            }
        })
        .await
    }

    /// Authenticates `peer` at the other end of a connection that this party made.
    ///
    /// # Errors
    /// Why this is not that peer. The other end is told by a TLS alert.
    pub async fn dial(
        identity: &Identity,
        peer: Party,
        stream: TcpStream,
        limit: Duration,
    ) -> Result<Self, Refusal> {
        within(limit, async {
            stream.set_nodelay(true).map_err(|e| Refusal::of(&e))?;
            // There is none for the party itself.
            let config = identity
                .dialling(peer)
                .ok_or(Refusal::AnotherParty { found: peer })?;
            let name = ServerName::try_from(NO_NAME).map_err(|error| Refusal::Tls {
                detail: error.to_string(),
            })?;
            let stream = TlsConnector::from(config).connect(name, stream).await;
            let stream = stream.map_err(|error| Refusal::of(&error))?;
            let authenticated = Self::authenticated(identity, stream.into())?;
            if authenticated.peer == peer {
                return Ok(authenticated);
            }
            Err(Refusal::AnotherParty {
                found: authenticated.peer,
            })
        })
        .await
    }

    /// The only place that makes one.
    fn authenticated(identity: &Identity, stream: TlsStream<TcpStream>) -> Result<Self, Refusal> {
        let (_, connection) = stream.get_ref();
        if connection.alpn_protocol() != Some(ALPN) {
            return Err(Refusal::AnotherProtocol);
        }
        let shown = connection.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.ok_or(Refusal::NoCertificate)?;
        let peer = identity.party_of(certificate).ok_or(Refusal::UnknownKey)?;
        Ok(Self {
            party: identity.party(),
            peer,
            stream,
        })
    }

    /// Who the other end is, by its certificate.
    #[must_use]
    pub const fn peer(&self) -> Party {
        self.peer
    }

    /// Exchanges hellos.
    pub(crate) async fn greet(mut self, config: &LinkConfig) -> Result<Link, NoLink> {
        let hello = Hello::new(self.party, self.peer, config);
        let said = within(config.limits.step, async {
            let failed = |error: std::io::Error| Refusal::of(&error);
            self.stream
                .write_all(&hello.encode())
                .await
                .map_err(failed)?;
            self.stream.flush().await.map_err(failed)?;
            let mut said = [0; HELLO_BYTES];
            self.stream.read_exact(&mut said).await.map_err(failed)?;
            Ok(said)
        })
        .await
        .map_err(NoLink::Refused)?;
        if let Err(mismatch) = hello.check(&said) {
            // The other end has this party's hello, so it sees the same. The connection may be gone.
            let _ = timeout(config.limits.step, self.stream.shutdown()).await;
            return Err(NoLink::Mismatch(mismatch));
        }
        let binding = self.binding(config).map_err(NoLink::Refused)?;
        Ok(Link {
            peer: self.peer,
            stream: self.stream,
            binding,
        })
    }

    fn binding(&self, config: &LinkConfig) -> Result<Zeroizing<[u8; 32]>, Refusal> {
        let mut binding = Zeroizing::new([0; 32]);
        let (context, failed) = (Some(&config.session[..]), |error: rustls::Error| {
            Refusal::Tls {
                detail: error.to_string(),
            }
        });
        match &self.stream {
            TlsStream::Client(stream) => {
                let connection = stream.get_ref().1;
                connection.export_keying_material(&mut binding[..], BINDING, context)
            }
            TlsStream::Server(stream) => {
                let connection = stream.get_ref().1;
                connection.export_keying_material(&mut binding[..], BINDING, context)
            }
        }
        .map_err(failed)?;
        Ok(binding)
    }
}

impl fmt::Debug for AuthenticatedPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthenticatedPeer({})", self.peer)
    }
}

/// Reads what is left of a refused connection: closing it with unread bytes would take the alert back that says why.
pub(crate) async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut scratch = [0; 4096];
    // What is lost here was refused.
    let _ = timeout(LINGER, async {
        stream.shutdown().await?;
        while stream.read(&mut scratch).await? > 0 {}
        Ok::<_, std::io::Error>(())
    })
    .await;
}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    timeout(limit, step).await.unwrap_or(Err(Refusal::TooSlow))
}
