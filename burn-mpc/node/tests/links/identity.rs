//! Files, keys and pins that are refused before anything is sent.

use std::fs;
use std::path::PathBuf;

use burn_mpc_engine::Party;
use burn_mpc_node::{Identity, IdentityError, NotAPin, Pin, Trust};
use rcgen::KeyPair;
use tempfile::TempDir;

use crate::support::{Authority, Deployment, Issued};

fn identity(party: Party, issued: &Issued, trust: &Trust) -> Result<Identity, IdentityError> {
    Identity::from_pem(party, issued.chain.as_bytes(), issued.key.as_bytes(), trust)
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let deployment = Deployment::new();
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let own = &deployment.members[0];
    let (chain, key) = (file("p0.pem", &own.chain), file("p0.key", &own.key));
    let load = |mode: u32| {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        Identity::from_files(Party::P0, &chain, &key, &deployment.trust).map(|own| own.party())
    };
    assert_eq!(load(0o600), Ok(Party::P0));
    for mode in [0o644, 0o640, 0o604, 0o700, 0o660] {
        let path = key.display().to_string();
        assert_eq!(load(mode), Err(IdentityError::KeyMode { path, mode }));
    }
    let absent = Identity::from_files(
        Party::P0,
        &chain,
        &folder.path().join("x"),
        &deployment.trust,
    );
    assert!(matches!(absent, Err(IdentityError::Read { .. })));
    let authority = file("authority.pem", &deployment.authority.pem);
    let pins = [0, 1, 2].map(|i: usize| deployment.members[i].pin());
    assert!(Trust::from_file(&authority, pins).is_ok());
}

#[test]
fn nothing_secret_is_printed() {
    let deployment = Deployment::new();
    let printed = format!("{:?}", deployment.identity(Party::P1));
    let pin = deployment.members[1].pin().to_string();
    assert!(printed.contains(&pin), "the pins are public: {printed}");
    let key: String = deployment.members[1].key.lines().nth(1).unwrap().to_owned();
    assert!(!printed.contains(&key[..20]));
    assert!(printed.len() < 500, "{printed}");
}

#[test]
fn another_partys_certificate_or_key_is_no_identity() {
    let deployment = Deployment::new();
    let [p0, p1, _] = &deployment.members;
    let error = identity(Party::P0, p1, &deployment.trust).unwrap_err();
    let own_pin = IdentityError::OwnPin {
        party: Party::P0,
        found: p1.pin(),
        expected: p0.pin(),
    };
    assert_eq!(error, own_pin);
    let mixed = Issued {
        chain: p0.chain.clone(),
        key: p1.key.clone(),
    };
    let error = identity(Party::P0, &mixed, &deployment.trust).unwrap_err();
    assert_eq!(error, IdentityError::KeyMismatch { party: Party::P0 });
}

#[test]
fn a_certificate_that_the_peers_would_refuse_is_refused_at_home() {
    let authority = Authority::new();
    let members = [
        authority.issue_between(2000, 2001),
        authority.issue_between(2200, 2201),
        Authority::new().issue(),
    ];
    let deployment = Deployment::of(authority, members);
    for party in Party::ALL {
        let own = &deployment.members[party.index()];
        let error = identity(party, own, &deployment.trust).unwrap_err();
        assert!(
            matches!(error, IdentityError::OwnCertificate { .. }),
            "{error}"
        );
    }
}

#[test]
fn a_renewed_certificate_for_the_same_key_keeps_its_pin() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let (old, new) = (
        authority.issue_for(&key, 2000, 2001),
        authority.issue_for(&key, 2020, 2120),
    );
    assert_ne!(old.chain, new.chain);
    assert_eq!(old.pin(), new.pin());
}

#[test]
fn pins_are_read_and_told_apart() {
    let deployment = Deployment::new();
    let pin = deployment.members[0].pin();
    assert_eq!(pin.to_string().parse(), Ok(pin));
    for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(text.parse::<Pin>(), Err(NotAPin));
    }
    let other = deployment.members[1].pin();
    let shared = Trust::from_pem(deployment.authority.pem.as_bytes(), [pin, other, pin]);
    assert!(matches!(shared, Err(IdentityError::SharedPin { .. })));
    let none = Trust::from_pem(b"", [pin, other, deployment.members[2].pin()]);
    assert!(matches!(none, Err(IdentityError::NoAuthority)));
}
