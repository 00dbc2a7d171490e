//! A policy server of MTA-STS on loopback, with TLS and an authority of its own.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests, each of which uses a part"
)]

use std::time::Duration;

use ehlo::net::certificate::Identity;
use ehlo::net::tls::{Server, Tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// Somebody who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    /// Its root, as a file.
    pub pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "who test root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let (der, pem) = (root.der().clone(), root.pem());
        Self { issuer: Issuer::new(params, key), root: der, pem }
    }

    /// A certificate for these names: its chain holds the root as well.
    pub fn identity(&self, names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let own = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Identity { chain: vec![own.der().clone(), self.root.clone()], key }
    }
}

/// A server that gives every client the same answer, until it is dropped.
pub struct PolicyServer {
    pub address: String,
    runtime: Option<tokio::runtime::Runtime>,
    questions: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

impl PolicyServer {
    /// Answers with exactly these bytes, and closes.
    pub fn start(authority: &Authority, name: &str, answer: impl Into<Vec<u8>>) -> Self {
        let roots = std::slice::from_ref(&authority.root);
        let tls = Server::new(&authority.identity(&[name]), roots).unwrap();
        let answer = answer.into();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let questions = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
        let asked = std::sync::Arc::clone(&questions);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, answer, asked) = (tls.clone(), answer.clone(), asked.clone());
                tokio::spawn(async move {
                    let tls = Tls::Server(tls);
                    let shaken = tls.shake(Box::new(stream), Duration::from_secs(10)).await;
                    let Ok((mut stream, _)) = shaken else { return };
                    let mut question = Vec::new();
                    while !question.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        question.push(byte);
                    }
                    asked.lock().unwrap().push(String::from_utf8(question).unwrap());
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, runtime: Some(runtime), questions }
    }

    /// What it was asked.
    pub fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }
}

impl Drop for PolicyServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An answer of HTTP with a policy.
pub fn served(policy: &str) -> String {
    let size = policy.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {size}\r\n\r\n{policy}"
    )
}
