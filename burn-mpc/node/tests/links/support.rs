//! Certificates made at test time, and three parties of this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_engine::net::Mesh;
use burn_mpc_node::{Identity, LinkConfig, LinkError, Pin, TlsTransport, Trust};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Longer than any test takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A private authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate with its key.
pub(crate) struct Issued {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    pub(crate) fn issue(&self) -> Issued {
        self.issue_between(2020, 2120)
    }

    /// Valid from the first day of one year to that of another.
    pub(crate) fn issue_between(&self, first: i32, last: i32) -> Issued {
        let key = KeyPair::generate().unwrap();
        self.issue_for(&key, first, last)
    }

    pub(crate) fn issue_for(&self, key: &KeyPair, first: i32, last: i32) -> Issued {
        let mut params = CertificateParams::new(vec!["party.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(first, 1, 1);
        params.not_after = date_time_ymd(last, 1, 1);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(key, &self.issuer).unwrap();
        Issued {
            chain: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Issued {
    pub(crate) fn pin(&self) -> Pin {
        Pin::of(&self.certificate()).unwrap()
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).unwrap()
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap()
    }
}

/// Three operators who trust each other's keys.
pub(crate) struct Deployment {
    pub(crate) authority: Authority,
    pub(crate) members: [Issued; 3],
    pub(crate) trust: Trust,
}

impl Deployment {
    pub(crate) fn new() -> Self {
        let authority = Authority::new();
        let members = [(); 3].map(|()| authority.issue());
        Self::of(authority, members)
    }

    pub(crate) fn of(authority: Authority, members: [Issued; 3]) -> Self {
        let pins = [0, 1, 2].map(|i: usize| members[i].pin());
        let trust = Trust::from_pem(authority.pem.as_bytes(), pins).unwrap();
        Self {
            authority,
            members,
            trust,
        }
    }

    pub(crate) fn identity(&self, party: Party) -> Identity {
        let own = &self.members[party.index()];
        let (chain, key) = (own.chain.as_bytes(), own.key.as_bytes());
        Identity::from_pem(party, chain, key, &self.trust).unwrap()
    }
}

/// A listener of this machine for each party, and their addresses.
pub(crate) fn listeners() -> ([TcpListener; 3], [String; 3]) {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let addresses = [0, 1, 2].map(|i: usize| listeners[i].local_addr().unwrap().to_string());
    (listeners, addresses)
}

pub(crate) fn config(addresses: &[String; 3]) -> LinkConfig {
    LinkConfig {
        deadline: PATIENCE,
        connect_timeout: PATIENCE,
        ..LinkConfig::new(addresses.clone(), [7; 16], [9; 32])
    }
}

/// Makes the links of three parties at once, each with a configuration of its own.
pub(crate) fn link(
    deployment: &Deployment,
    change: impl Fn(Party, &mut LinkConfig) + Sync,
) -> [Result<TlsTransport, LinkError>; 3] {
    let (listeners, addresses) = listeners();
    let mut listeners = listeners.map(Some);
    on_three(|party| {
        let mut config = config(&addresses);
        change(party, &mut config);
        let identity = deployment.identity(party);
        let listener = listeners[party.index()].take().unwrap();
        move || TlsTransport::establish(&identity, &config, listener)
    })
}

/// The links of three parties that agree on everything.
pub(crate) fn linked(deployment: &Deployment) -> [TlsTransport; 3] {
    link(deployment, |_, _| {}).map(Result::unwrap)
}

/// Runs what `make` gives for each party, on a thread each.
pub(crate) fn on_three<T: Send, F: FnOnce() -> T + Send>(
    mut make: impl FnMut(Party) -> F,
) -> [T; 3] {
    thread::scope(|scope| {
        let threads = Party::ALL.map(|party| scope.spawn(make(party)));
        threads.map(|thread| thread.join().unwrap())
    })
}

/// Runs one program at three meshes over `ends`.
pub(crate) fn on_meshes<T: Send>(
    ends: [TlsTransport; 3],
    deadline: Duration,
    run: impl Fn(&mut Mesh) -> T + Sync,
) -> [T; 3] {
    let (mut ends, run) = (ends.map(Some), &run);
    on_three(|party| {
        let end = ends[party.index()].take().unwrap();
        move || run(&mut Mesh::new(Box::new(end), deadline))
    })
}
